import { docComment } from './doc-comment.ts'
import {
  type Field,
  type Fields,
  type IntegerField,
  resolveReference,
  type StringField,
  type UnionField,
} from './document.ts'
import { indent, quote, quoteName, unite } from './literal.ts'

/** Where a field stands: what its references mean. */
export interface Surroundings {
  /** The document that the field is of. */
  readonly nsid: string
  /** The type that a reference stands for. */
  typeOf(reference: string): string
  /** Notes a type of the data model that is to be imported. */
  uses(name: string): string
}

/** The type of a field, as text. */
export function typeOfField(field: Field, around: Surroundings): string {
  switch (field.type) {
    case 'object':
      return typeOfFields(field, around)
    case 'array': {
      const items = typeOfField(field.items, around)
      return /[|&]/u.test(items) ? `(${items})[]` : `${items}[]`
    }
    case 'ref':
      return around.typeOf(resolveReference(around.nsid, field.ref))
    case 'union':
      return typeOfUnion(field, around)
    case 'string':
      return typeOfString(field, around)
    case 'boolean':
      return field.const === undefined ? 'boolean' : String(field.const)
    case 'integer':
      return typeOfInteger(field)
    case 'bytes':
      return around.uses('Bytes')
    case 'cid-link':
      return around.uses('CidLink')
    case 'blob':
      return around.uses('BlobRef')
    case 'unknown':
      return around.uses('UnknownObject')
  }
}

/** The type of an object, or of the parameters of a method. */
export function typeOfFields(fields: Fields, around: Surroundings, first: readonly string[] = []): string {
  const lines = Object.entries(fields.properties ?? {}).map(([name, field]) => {
    const isRequired = fields.required?.includes(name) ?? false
    const isNullable = fields.nullable?.includes(name) ?? false
    const type = typeOfField(field, around) + (isNullable ? ' | null' : '') + (isRequired ? '' : ' | undefined')
    return `${docComment(field)}${quoteName(name)}${isRequired ? ':' : '?:'}${type.startsWith('\n') ? '' : ' '}${type}`
  })
  const all = [...first, ...lines]
  return all.length === 0 ? 'Record<string, never>' : `{\n${indent(all.join('\n'))}\n}`
}

function typeOfUnion({ refs, closed }: UnionField, around: Surroundings): string {
  const variants = refs.map((each) => {
    const reference = resolveReference(around.nsid, each)
    return `(${around.typeOf(reference)} & { $type: ${quote(reference)} })`
  })
  const all = [...variants, ...(closed ? [] : [around.uses('UnknownVariant')])]
  return all.length < 3 ? unite(all) : all.map((variant) => `\n  | ${variant}`).join('')
}

function typeOfString(field: StringField, around: Surroundings): string {
  if (field.const !== undefined) return quote(field.const)
  if (field.enum) return unite(field.enum.map(quote))
  // Intersected, so that an editor offers the known ones although any text fits.
  if (field.knownValues) return unite([...field.knownValues.map(quote), '(string & {})'])
  return field.format === 'did' ? around.uses('Did') : 'string'
}

function typeOfInteger(field: IntegerField): string {
  if (field.const !== undefined) return String(field.const)
  return field.enum ? unite(field.enum.map(String)) : 'number'
}
