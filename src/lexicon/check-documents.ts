import { isJsonObject } from '../syntax/shape.ts'
import { checkName } from './check-name.ts'
import { checkRules } from './check-rules.ts'
import { checkStructure, type Flaw } from './check-structure.ts'
import { type Definition, type LexiconDocument, nameOf } from './document.ts'
import { type DocumentProblem, showFound, valueAt } from './problem.ts'

/** A file, and the JSON value in it. */
export interface DocumentFile {
  readonly file: string
  readonly content: unknown
}

/** Options of `checkDocuments`. */
export interface CheckDocumentsOptions {
  /** Documents to which the others may refer. @default none */
  readonly known?: readonly LexiconDocument[] | undefined
}

/** Documents that hold together, in the order of their files; none where there are problems. */
export interface CheckedDocuments {
  readonly documents: readonly LexiconDocument[]
  /** All of them, file by file. */
  readonly problems: readonly DocumentProblem[]
}

/**
 * Reads lexicon documents, and says of all that is wrong with them where it is and what belongs there.
 *
 * @see https://atproto.com/specs/lexicon
 */
export function checkDocuments(
  files: readonly DocumentFile[],
  { known = [] }: CheckDocumentsOptions = {},
): CheckedDocuments {
  const kinds = collectKinds([...known, ...files.map(({ content }) => content)])
  const firstOf = new Map<string, string>()
  const documents: LexiconDocument[] = []
  const problems: DocumentProblem[] = []
  for (const { file, content } of files) {
    const flaws = [...checkUnique(file, idOf(content), firstOf), ...checkContent(content, kinds)]
    problems.push(...flaws.map((flaw) => problemOf(file, content, flaw)))
    if (isSound(content, flaws)) documents.push(content)
  }
  return problems.length > 0 ? { documents: [], problems } : { documents, problems }
}

function checkUnique(file: string, id: string, firstOf: Map<string, string>): readonly Flaw[] {
  const first = firstOf.get(id)
  if (first === undefined) firstOf.set(id, file)
  if (first === undefined || id === '') return []
  return [{ path: ['id'], expected: 'an NSID of its own', found: `that of ${first} too: ${showFound(id)}` }]
}

function* checkContent(content: unknown, kinds: ReadonlyMap<string, unknown>): Generator<Flaw> {
  const flaws = checkStructure(content)
  yield* flaws
  const nsid = idOf(content)
  for (const [name, definition] of definitionsOf(content)) {
    yield* checkName(name, definition)
    if (isSoundDefinition(name, definition, flaws)) yield* checkRules({ nsid, name, definition, kinds })
  }
}

/** What kind of definition each name stands for; a definition with another mistake in it is there all the same. */
function collectKinds(contents: readonly unknown[]): ReadonlyMap<string, unknown> {
  return new Map(
    contents.flatMap((content) =>
      definitionsOf(content).map(([name, definition]): [string, unknown] => [
        nameOf(idOf(content), name),
        valueAt(definition, ['type']),
      ]),
    ),
  )
}

function idOf(content: unknown): string {
  const id = valueAt(content, ['id'])
  return typeof id === 'string' ? id : ''
}

function definitionsOf(content: unknown): readonly [string, unknown][] {
  const defs = valueAt(content, ['defs'])
  return isJsonObject(defs) ? Object.entries(defs) : []
}

function isSound(content: unknown, flaws: readonly Flaw[]): content is LexiconDocument {
  return isJsonObject(content) && flaws.length === 0
}

function isSoundDefinition(name: string, definition: unknown, flaws: readonly Flaw[]): definition is Definition {
  return (
    isJsonObject(definition) && !flaws.some(({ path: [first, second] }) => first === 'defs' && second === name)
  )
}

function problemOf(file: string, content: unknown, { path, expected, found }: Flaw): DocumentProblem {
  const [first, second, ...rest] = path
  const isInDefinition = first === 'defs' && second !== undefined
  return {
    file,
    definition: isInDefinition ? String(second) : undefined,
    path: isInDefinition ? rest : path,
    expected,
    found: found ?? showFound(valueAt(content, path)),
  }
}
