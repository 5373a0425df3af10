import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { show } from '../errors/show.ts'
import { checkDocuments } from '../lexicon/check-documents.ts'
import type { LexiconDocument } from '../lexicon/document.ts'
import { generateTypes, isGenerated } from '../lexicon/generate-types.ts'
import { describeProblem, valueAt } from '../lexicon/problem.ts'
import { count, countDefinitions } from './count.ts'
import { CommandFailure, type Print } from './print.ts'
import { readBuiltIn } from './read-built-in.ts'
import { readDocuments } from './read-documents.ts'
import { reasonOf } from './reason-of.ts'

/** Options of `writeTypes`. */
export interface WriteTypesOptions {
  /** The file to write. */
  readonly out: string
  /** Whether to say only if the file is as it should be. @default it is written */
  readonly check?: boolean
}

/**
 * Writes the types of a folder's documents into a file, unless they stand there already.
 *
 * @returns the exit code
 * @throws CommandFailure where the folder cannot be read or the file not be written
 */
export async function writeTypes(folder: string, options: WriteTypesOptions, print: Print): Promise<number> {
  const { out, check = false } = options
  if (!/\.[cm]?ts$/u.test(out)) throw new CommandFailure(`--out: expected a .ts file, found ${out}`)
  const known = await readBuiltIn()
  const documents = await readSound(folder, known, print)
  if (!documents) return 1
  const text = generateTypes(documents, { known })
  const before = await readBefore(out)
  if (before !== undefined && !isGenerated(before)) {
    throw new CommandFailure(`${out} was not written by atproof types: delete it, or name another file`)
  }
  const isSame = before?.replaceAll('\r\n', '\n') === text
  const summary = countDefinitions(documents)
  if (isSame) {
    print.out(`${out} is up to date: ${summary}`)
    return 0
  }
  if (check) {
    const state = before === undefined ? 'is missing' : 'is not what the documents give'
    print.error(`${out} ${state}: run npx atproof types ${asWord(folder)} --out ${asWord(out)}`)
    return 1
  }
  try {
    await mkdir(dirname(out), { recursive: true })
    await writeFile(out, text)
  } catch (error) {
    throw new CommandFailure(`${out} cannot be written: ${reasonOf(error)}`, { cause: error })
  }
  print.out(`wrote ${out}: ${summary}`)
  return 0
}

/** The documents of a folder that are not built in; undefined where a problem was printed. */
async function readSound(
  folder: string,
  known: readonly LexiconDocument[],
  print: Print,
): Promise<readonly LexiconDocument[] | undefined> {
  const read = await readDocuments(folder)
  for (const path of read.linkedFolders) print.error(`note: ${path} is a link to a folder, and was passed by`)
  const own = read.files.filter(({ content }) => !isOfAtproto(idOf(content)))
  const passedBy = read.files.map(({ content }) => idOf(content)).filter(isOfAtproto)
  const unheard = passedBy.filter((id) => !known.some((document) => document.id === id))
  const left = passedBy.length - unheard.length
  if (left > 0) print.error(`note: ${count(left, 'document')} of com.atproto passed by: their types are built in`)
  for (const id of unheard) print.error(`note: ${show(id)} passed by: this version of atproof has no types of it`)
  if (own.length === 0 && read.problems.length === 0) {
    const what = passedBy.length > 0 ? 'documents of com.atproto alone, which are passed by' : 'none'
    throw new CommandFailure(`${folder}: expected lexicon documents in .json files, found ${what}`)
  }
  const checked = checkDocuments(own, { known })
  const problems = [...read.problems, ...checked.problems].toSorted((one, other) =>
    one.file === other.file ? 0 : one.file < other.file ? -1 : 1,
  )
  if (problems.length === 0) return checked.documents
  for (const problem of problems) print.error(describeProblem(problem))
  const files = new Set(problems.map(({ file }) => file)).size
  print.error(`${count(problems.length, 'problem')} in ${count(files, 'file')}: nothing was written`)
  return undefined
}

function idOf(content: unknown): unknown {
  return valueAt(content, ['id'])
}

function isOfAtproto(id: unknown): id is string {
  return typeof id === 'string' && id.startsWith('com.atproto.')
}

/** A path as a shell takes it. */
function asWord(path: string): string {
  return /^[\w./\\:@~+-]+$/u.test(path) ? path : `"${path}"`
}

async function readBefore(out: string): Promise<string | undefined> {
  try {
    return await readFile(out, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new CommandFailure(`${out} cannot be written: ${reasonOf(error)}`, { cause: error })
  }
}
