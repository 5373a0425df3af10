import type { Lexicons, LexBlob, LexObject, LexString, LexUserType } from '@atproto/lexicon'
import { isJsonObject } from '../syntax/shape.ts'
import { isBlob, isBytes, isLegacyBlob, isLink } from './data-model-forms.ts'
import { isWithinDepth, type Json, type JsonObject, MAX_DEPTH } from './data-model.ts'
import { fitsEncoding } from './validation-encoding.ts'
import { fieldAt, InvalidValue } from './validation-problem.ts'

/** A field as @atproto/lexicon has it: with references in full. */
export type Schema = LexUserType | LexObject['properties'][string]

/** What is done with a value: one that is read may be older than today's rules. */
export type Purpose = 'read' | 'write'

export const LONGEST_URI = 8192
// RFC 3339 as the specification narrows it: a capital T and Z, seconds, a time zone. @atproto/lexicon refuses -00:00 itself.
const DATETIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/**
 * Checks by its schema what @atproto/lexicon does not: what blobs may be, that objects are no arrays, bytes, links or
 * blobs, and two formats to the letter.
 *
 * @param value one that @atproto/lexicon has found right
 * @throws InvalidValue
 */
export function assertStrictly(
  lexicons: Lexicons,
  schema: Schema,
  value: Json,
  at: string,
  purpose: Purpose,
): void {
  const go = (next: Schema, item: Json, where: string) => assertStrictly(lexicons, next, item, where, purpose)
  switch (schema.type) {
    case 'ref':
      return go(lexicons.getDefOrThrow(schema.ref), value, at)
    case 'union': {
      const variant = isJsonObject(value) ? findVariant(lexicons, schema.refs, value['$type']) : undefined
      return variant && go(variant, value, at)
    }
    case 'array':
      return toArray(value).forEach((item, index) => go(schema.items, item, fieldAt(at, index)))
    case 'object': {
      const fields = toObject(value, at)
      for (const [name, property] of Object.entries(schema.properties)) {
        const item = Object.hasOwn(fields, name) ? fields[name] : undefined
        if (item !== undefined && item !== null) go(property, item, fieldAt(at, name))
      }
      return
    }
    case 'blob':
      return assertBlob(schema, toFields(value), at, purpose)
    case 'unknown': {
      const fields = toObject(value, at)
      if (isWithinDepth(fields, MAX_DEPTH)) return
      throw new InvalidValue(at, `objects and arrays nested at most ${MAX_DEPTH} deep`, fields)
    }
    case 'string':
      return assertFormat(schema, value, at)
    default:
  }
}

/** The definition that a variant of a union names, if it is one that the union knows. */
function findVariant(lexicons: Lexicons, refs: readonly string[], type: unknown): Schema | undefined {
  if (typeof type !== 'string') return undefined
  const name = type.startsWith('lex:') ? type : `lex:${type}`
  const bare = name.endsWith('#main') ? name.slice(0, -'#main'.length) : name
  const isKnown = refs.some((ref) => ref === name || ref === bare || ref === `${bare}#main`)
  return isKnown ? lexicons.getDefOrThrow(name) : undefined
}

function toObject(value: Json, at: string): JsonObject {
  const fields = toFields(value)
  const isPlain = isJsonObject(value) && !isBytes(fields) && !isLink(fields) && !isBlob(fields)
  if (!isPlain) throw new InvalidValue(at, 'an object, which is no array, bytes, link or blob', value)
  return fields
}

function toFields(value: Json): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}

function toArray(value: Json): readonly Json[] {
  return Array.isArray(value) ? value : []
}

function assertBlob({ accept, maxSize }: LexBlob, fields: JsonObject, at: string, purpose: Purpose): void {
  const { mimeType, size } = fields
  if (isLegacyBlob(fields)) {
    if (purpose === 'write')
      throw new InvalidValue(at, 'a blob as `uploadBlob` gives it, not one of the old form', fields)
  } else if (typeof size === 'number') {
    if (purpose === 'write' && size === 0) throw new InvalidValue(fieldAt(at, 'size'), 'at least 1 byte', size)
    if (maxSize !== undefined && size > maxSize) {
      throw new InvalidValue(fieldAt(at, 'size'), `at most ${maxSize} bytes`, size)
    }
  }
  const isAccepted =
    !accept || accept.some((range) => typeof mimeType === 'string' && fitsEncoding(mimeType, range))
  if (!isAccepted) throw new InvalidValue(fieldAt(at, 'mimeType'), accept.join(' or '), mimeType)
}

function assertFormat({ format }: LexString, value: Json, at: string): void {
  if (typeof value !== 'string') return
  if (format === 'datetime' && !isDatetime(value)) {
    throw new InvalidValue(at, 'a datetime such as 2026-01-31T12:00:00.000Z', value)
  }
  if (format === 'uri' && new TextEncoder().encode(value).length > LONGEST_URI) {
    throw new InvalidValue(at, `a URI of at most ${LONGEST_URI} bytes`, value)
  }
}

function isDatetime(text: string): boolean {
  // Its zone must not lead before the year 0. A leap second is no time to JavaScript, and right all the same.
  return DATETIME.test(text) && !(new Date(text).getUTCFullYear() < 0)
}
