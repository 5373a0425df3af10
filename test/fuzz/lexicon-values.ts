import type { Lexicons, LexObject, LexUserType } from '@atproto/lexicon'
import * as fc from 'fast-check'
import { base64, blob, type Json, legacyBlob, link, textOf } from './lexicon-scalars.ts'

/** A field of a lexicon, its references in full. */
export type Schema = LexUserType | LexObject['properties'][string]

/** How far references are followed, so that a schema that holds itself comes to an end. */
const MAX_LEVELS = 4
/** How many of the optional fields an object has. */
const OPTIONAL_FIELDS = 5

/** Values that a schema allows, or nearly: a maximal length is met and passed now and then. */
export function valueOf(lexicons: Lexicons, schema: Schema, levels: number = MAX_LEVELS): fc.Arbitrary<Json> {
  const next = (inner: Schema) => valueOf(lexicons, inner, levels - 1)
  switch (schema.type) {
    case 'record':
      return next(schema.record)
    case 'object':
      return objectOf(schema, levels, next)
    case 'array': {
      const { minLength = 0, maxLength = minLength + 3 } = schema
      return fc.array(next(schema.items), { minLength, maxLength: Math.min(maxLength, minLength + 3) })
    }
    case 'ref':
      return next(lexicons.getDefOrThrow(schema.ref))
    case 'union':
      return unionOf(lexicons, schema, next)
    case 'string':
      return textOf(schema)
    case 'integer': {
      const { minimum = -1000, maximum = minimum + 2000, enum: values } = schema
      if (schema.const !== undefined) return fc.constant(schema.const)
      return values ? fc.constantFrom(...values) : fc.integer({ min: minimum, max: maximum })
    }
    case 'boolean':
      return schema.const === undefined ? fc.boolean() : fc.constant(schema.const)
    case 'bytes':
      return base64.map(($bytes) => ({ $bytes }))
    case 'cid-link':
      return link
    case 'blob':
      return fc.oneof({ weight: 3, arbitrary: blob }, { weight: 1, arbitrary: legacyBlob })
    case 'unknown':
      return fc.dictionary(fc.constantFrom('a', 'b', '$c'), fc.oneof(fc.string(), fc.integer(), link), {
        maxKeys: 3,
      })
    default:
      throw new Error(`no value is of type ${schema.type}`)
  }
}

function objectOf(
  schema: LexObject,
  levels: number,
  next: (inner: Schema) => fc.Arbitrary<Json>,
): fc.Arbitrary<Json> {
  const { required = [], nullable = [], properties } = schema
  const share = OPTIONAL_FIELDS / Object.keys(properties).length
  const fields = Object.entries(properties).flatMap(([name, property]) => {
    const isRequired = required.includes(name)
    if (!isRequired && levels <= 0) return []
    const value = nullable.includes(name) ? fc.oneof(next(property), fc.constant(null)) : next(property)
    const isThere = isRequired
      ? fc.constant(true)
      : fc.double({ min: 0, max: 1, noNaN: true }).map((drawn) => drawn < share)
    return [fc.tuple(isThere, value).map(([there, item]) => (there ? ([[name, item]] as [string, Json][]) : []))]
  })
  return fc.tuple(...fields).map((entries) => Object.fromEntries(entries.flat()))
}

function unionOf(
  lexicons: Lexicons,
  { refs, closed }: { refs: readonly string[]; closed?: boolean | undefined },
  next: (inner: Schema) => fc.Arbitrary<Json>,
): fc.Arbitrary<Json> {
  const variants = refs.map((ref) => {
    const $type = ref.replace('lex:', '').replace(/#main$/, '')
    return next(lexicons.getDefOrThrow(ref)).map((value): Json => Object.assign({}, value, { $type }))
  })
  const unknown = fc.constant<Json>({ $type: 'com.example.later#variant', any: 1 })
  return fc.oneof(...variants, ...(closed ? [] : [unknown]))
}
