import {
  findBlobMistake,
  isBytes,
  isLegacyBlob,
  isLink,
  isReadableLegacyBlob,
  looksLikeBlob,
  looksLikeBytes,
  looksLikeLink,
} from './data-model-forms.ts'
import { fieldAt, InvalidValue, told } from './validation-problem.ts'

/** A value as JSON carries it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** An object as JSON carries it. */
export interface JsonObject {
  readonly [field: string]: Json
}

/** How deep objects and arrays may be nested in a record, the record itself included. */
export const MAX_DEPTH = 32

/**
 * How deep they may be nested in what a method takes or gives: a thread of replies is deeper than any record, and this
 * keeps the stack from running over.
 */
export const MAX_MESSAGE_DEPTH = 1024

/**
 * Reads a value as the AT Protocol's data model has it in JSON: what the call would send of it, as a copy.
 *
 * @param field what the value is called in messages
 * @param maxDepth how deep objects and arrays may be nested; bytes and links are none
 * @throws InvalidValue where it is anything else. Nothing is mended or left out, but for fields that are undefined
 * @see https://atproto.com/specs/data-model
 */
export function readDataModel(value: unknown, field: string, maxDepth: number): Json {
  const read = (item: unknown, at: string, levels: number): Json => {
    if (typeof item !== 'object' || item === null) return readScalar(item, at)
    if (Array.isArray(item)) {
      if (levels === 0) throw tooDeep(field, maxDepth, value)
      return Array.from(item, (each: unknown, index) => read(each, fieldAt(at, index), levels - 1))
    }
    const json = asJson(item, at)
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return read(json, at, levels)
    const fields = json as Readonly<Record<string, unknown>>
    if (looksLikeBytes(fields)) return readForm(fields, isBytes, at, 'bytes: { $bytes } alone, with base64 in it')
    if (looksLikeLink(fields)) {
      return readForm(fields, isLink, at, 'a link: { $link } alone, with a CIDv1 by sha-256 in base32 in it')
    }
    if (levels === 0) throw tooDeep(field, maxDepth, value)
    const copy: Record<string, Json> = {}
    for (const [key, each] of Object.entries(fields)) {
      if (key === '__proto__') throw new InvalidValue(at, 'no field of the name __proto__', fields)
      if (each !== undefined) copy[key] = read(each, fieldAt(at, key), levels - 1)
    }
    assertForms(copy, at)
    return copy
  }
  return read(value, field, maxDepth)
}

/** Whether a value that was read is nested no deeper than this. */
export function isWithinDepth(value: Json, maxDepth: number): boolean {
  if (typeof value !== 'object' || value === null) return true
  const items = Array.isArray(value) ? value : Object.values(value)
  if (!Array.isArray(value) && (isBytes(value as JsonObject) || isLink(value as JsonObject))) return true
  return maxDepth > 0 && items.every((item: Json) => isWithinDepth(item, maxDepth - 1))
}

function readScalar(value: unknown, at: string): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return value
    throw new InvalidValue(at, 'an integer of at most 53 bits: the data model has no other numbers', value)
  }
  throw new InvalidValue(at, 'a value that JSON has', value)
}

/** What JSON makes of an object: only plain ones, and those that say themselves what they are in JSON. */
function asJson(value: object, at: string): unknown {
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    const json: unknown = value.toJSON()
    if (json !== value) return json
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  // The second: of another realm, such as a frame or a test runner's.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return value
  const name = value.constructor.name
  const expected = ArrayBuffer.isView(value) ? 'bytes as { $bytes }, with base64 in it' : 'a plain object'
  throw new InvalidValue(at, `${expected}, not a ${name}`, value)
}

function readForm<T extends JsonObject>(
  fields: Readonly<Record<string, unknown>>,
  isForm: (fields: Readonly<Record<string, unknown>>) => fields is T,
  at: string,
  expected: string,
): Json {
  if (isForm(fields)) return { ...fields }
  throw new InvalidValue(at, expected, fields)
}

/** What the fields that begin with `$` and are known promise. Others of that kind are left alone. */
function assertForms(fields: JsonObject, at: string): void {
  const { $type } = fields
  if ($type !== undefined && (typeof $type !== 'string' || !/^[^#]+(?:#[^#]+)?$/.test($type))) {
    throw new InvalidValue(fieldAt(at, '$type'), 'the name of a definition, such as com.example.defs#view', $type)
  }
  if (looksLikeBlob(fields)) {
    const mistake = findBlobMistake(fields)
    if (mistake) {
      throw new InvalidValue(fieldAt(at, mistake.field), mistake.expected, told(fields[mistake.field]))
    }
  }
  if (isLegacyBlob(fields) && !isReadableLegacyBlob(fields)) {
    throw new InvalidValue(fieldAt(at, 'cid'), 'a CID, as beside a mimeType and nothing else', fields['cid'])
  }
}

function tooDeep(field: string, maxDepth: number, found: unknown): InvalidValue {
  return new InvalidValue(field, `objects and arrays nested at most ${maxDepth} deep`, found)
}
