import { checkDefault } from './check-default.ts'
import { isParameterType, PRIMARY_TYPES, type Flaw } from './check-structure.ts'
import { type Definition, type Field, type Fields, resolveReference } from './document.ts'
import type { Path } from './problem.ts'
import { show } from '../errors/show.ts'
import { isRecordKey } from '../syntax/record-key.ts'

/** A definition whose structure is sound, and what is around it. */
export interface DefinitionInPlace {
  readonly nsid: string
  readonly name: string
  readonly definition: Definition
  /** The `type` of every definition that there is, by its reference in full. */
  readonly kinds: ReadonlyMap<string, unknown>
}

/**
 * What is wrong with a definition although its structure is sound.
 *
 * @see https://atproto.com/specs/lexicon
 */
export function* checkRules({ nsid, name, definition, kinds }: DefinitionInPlace): Generator<Flaw> {
  const path = ['defs', name]
  const around = { nsid, kinds }
  switch (definition.type) {
    case 'record':
      if (!isKeyType(definition.key)) {
        yield { path: [...path, 'key'], expected: 'tid, nsid, any, or literal: and a record key' }
      }
      yield* checkField(definition.record, [...path, 'record'], around)
      break
    case 'query':
    case 'procedure':
      yield* checkParameters(definition.parameters ?? {}, [...path, 'parameters'], around)
      for (const side of definition.type === 'query' ? (['output'] as const) : (['input', 'output'] as const)) {
        const schema = definition[side]?.schema
        if (schema) yield* checkField(schema, [...path, side, 'schema'], around)
      }
      break
    case 'token':
    case 'subscription':
    case 'permission-set':
      break
    default:
      yield* checkField(definition, path, around)
  }
}

/** What keys the records of a collection have: the specification requires a word for it, and has these. */
function isKeyType(key = ''): boolean {
  return (
    ['tid', 'nsid', 'any'].includes(key) ||
    (key.startsWith('literal:') && isRecordKey(key.slice('literal:'.length)))
  )
}

type Around = Pick<DefinitionInPlace, 'nsid' | 'kinds'>

function* checkField(field: Field, path: Path, around: Around): Generator<Flaw> {
  switch (field.type) {
    case 'object':
      yield* checkFields(field, path, around)
      break
    case 'array':
      yield* checkField(field.items, [...path, 'items'], around)
      break
    case 'ref': {
      const found = whyNot(field.ref, isData, around)
      if (found) yield { path: [...path, 'ref'], expected: 'the name of data that is defined', found }
      break
    }
    case 'union':
      if (field.closed && field.refs.length === 0) {
        yield { path: [...path, 'refs'], expected: 'at least one, as the union is closed', found: 'none' }
      }
      for (const [at, ref] of field.refs.entries()) {
        const found = whyNot(ref, isVariant, around)
        if (found) yield { path: [...path, 'refs', at], expected: 'the name of an object or a record', found }
      }
      break
    case 'string':
    case 'integer':
      if (field.enum?.length === 0)
        yield { path: [...path, 'enum'], expected: 'at least one value', found: 'none' }
      yield* checkDefault(field, [...path, 'default'])
  }
}

function* checkFields(fields: Fields, path: Path, around: Around): Generator<Flaw> {
  const { properties = {} } = fields
  for (const list of ['required', 'nullable'] as const) {
    for (const [at, name] of (fields[list] ?? []).entries()) {
      if (!Object.hasOwn(properties, name)) {
        yield { path: [...path, list, at], expected: 'the name of a property', found: show(name) }
      }
    }
  }
  for (const [name, field] of Object.entries(properties)) {
    const at = [...path, 'properties', name]
    // The data model keeps these for itself.
    if (name.startsWith('$')) yield { path: at, expected: 'a name that does not begin with $', found: show(name) }
    // In JavaScript no object can have it as others have theirs.
    if (name === '__proto__') yield { path: at, expected: 'a name other than __proto__', found: show(name) }
    yield* checkField(field, at, around)
  }
}

function* checkParameters(fields: Fields, path: Path, around: Around): Generator<Flaw> {
  yield* checkFields(fields, path, around)
  for (const [name, field] of Object.entries(fields.properties ?? {})) {
    const isArray = field.type === 'array'
    if (!isParameterType(isArray ? field.items.type : field.type)) {
      const at = [...path, 'properties', name, ...(isArray ? ['items'] : []), 'type']
      yield {
        path: at,
        expected: `a text, an integer, true or false${isArray ? '' : ', or an array of one of these'}`,
      }
    }
  }
}

const isData = (kind: unknown) => !PRIMARY_TYPES.has(kind) || kind === 'record'
const isVariant = (kind: unknown) => kind === 'object' || kind === 'record'

/** What a reference leads to, where that will not do. */
function whyNot(ref: string, fits: (kind: unknown) => boolean, { nsid, kinds }: Around): string | undefined {
  const reference = resolveReference(nsid, ref)
  if (!kinds.has(reference)) return `${show(reference)}, which none of the documents defines`
  const kind = kinds.get(reference)
  return fits(kind) ? undefined : `${show(reference)}, which is of type ${show(kind)}`
}
