import { docComment } from './doc-comment.ts'
import { type Body, type Fields, type LexiconDocument, type MethodDefinition, nameOf } from './document.ts'
import { type Surroundings, typeOfField, typeOfFields } from './field-type.ts'
import { indent, quote, unite } from './literal.ts'
import { nameTypes } from './name-types.ts'
import { isJson } from './validation-encoding.ts'

/** What documents bring to the registry, as text. */
export interface CollectedTypes {
  /** The entries of each registry, by the name of the method, collection or definition. */
  readonly entries: Readonly<Record<Registry, readonly string[]>>
  /** The types that the entries and each other name. */
  readonly aliases: readonly string[]
  /** What they use of the registry itself. */
  readonly imports: readonly string[]
}

/** The registries, in the order in which they are written. */
export const REGISTRIES = ['Queries', 'Procedures', 'Records', 'Definitions'] as const

export type Registry = (typeof REGISTRIES)[number]

/**
 * Collects the types of documents.
 *
 * @param known documents whose types are in the registry already
 */
export function collectTypes(
  documents: readonly LexiconDocument[],
  known: readonly LexiconDocument[],
): CollectedTypes {
  const entries: Record<Registry, string[]> = { Queries: [], Procedures: [], Records: [], Definitions: [] }
  const aliases: string[] = []
  const imports = new Set<string>()
  const sorted = documents.toSorted((one, other) => (one.id < other.id ? -1 : 1))
  const names = nameTypes(sorted)
  const knownRecords = new Set(known.filter(({ defs }) => defs['main']?.type === 'record').map(({ id }) => id))

  const uses = (name: string) => {
    imports.add(name)
    return name
  }
  const typeOf = (reference: string) => {
    const name = names.get(reference)
    return name ?? `${uses(knownRecords.has(reference) ? 'Records' : 'Definitions')}[${quote(reference)}]`
  }
  for (const { id, defs } of sorted) {
    const around: Surroundings = { nsid: id, typeOf, uses }
    for (const [definitionName, definition] of Object.entries(defs)) {
      const reference = nameOf(id, definitionName)
      const comment = docComment(definition)
      const define = (registry: Registry, type: string) => {
        const name = typeOf(reference)
        aliases.push(`${comment}type ${name} = ${type}`)
        entries[registry].push(`${quote(reference)}: ${name}`)
      }
      switch (definition.type) {
        case 'query':
        case 'procedure': {
          const registry = definition.type === 'query' ? 'Queries' : 'Procedures'
          entries[registry].push(`${comment}${quote(reference)}: ${typeOfMethod(definition, around)}`)
          break
        }
        case 'record':
          define('Records', typeOfObject(reference, definition.record, around))
          break
        case 'object':
          define('Definitions', typeOfObject(reference, definition, around))
          break
        case 'token':
          define('Definitions', quote(reference))
          break
        case 'subscription':
        case 'permission-set':
          break
        default:
          define('Definitions', typeOfField(definition, around))
      }
    }
  }
  return { entries, aliases, imports: [...imports].toSorted() }
}

/** `$type` says what an object is. Where only one kind can stand it may be left out. */
function typeOfObject(reference: string, fields: Fields, around: Surroundings): string {
  return typeOfFields(fields, around, [`$type?: ${quote(reference)} | undefined`])
}

function typeOfMethod(
  { type, parameters, input, output, errors = [] }: MethodDefinition,
  around: Surroundings,
): string {
  const lines = [`params: ${typeOfFields(parameters ?? {}, around)}`]
  if (type === 'procedure' && input) lines.push(...bodyLines('input', input, around))
  if (output) lines.push(...bodyLines('output', output, around))
  lines.push(`errors: ${unite(errors.map(({ name }) => quote(name)))}`)
  return `{\n${indent(lines.join('\n'))}\n}`
}

function bodyLines(name: 'input' | 'output', { encoding, schema }: Body, around: Surroundings): string[] {
  if (!isJson(encoding)) return [`${name}Encoding: ${quote(encoding)}`]
  const type = schema ? typeOfField(schema, around) : around.uses('UnknownObject')
  return [`${name}:${type.startsWith('\n') ? '' : ' '}${type}`]
}
