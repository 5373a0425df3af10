import { jsonToLex, type Lexicons } from '@atproto/lexicon'
import type { Json } from './lexicon-scalars.ts'
import type { Schema } from './lexicon-values.ts'

/** A kind of value that is taken by @atproto/lexicon, and refused here. */
export const DIFFERENCES = {
  fraction: '[K8] a number that is no integer, where no lexicon speaks of it',
  large: '[K8] an integer of more than 53 bits',
  bytes: '[K9] an object with `$bytes` that are not base64 alone',
  link: '[K9] an object with a `$link` that is no CIDv1 by sha-256 in base32 alone',
  blob: '[K10] an object of `$type` blob without the fields of one',
  accept: '[K10] a blob of another media type than the lexicon accepts',
  maxSize: '[K10] a blob that is larger than the lexicon allows',
  unknown: '[K11] an array, bytes, a link or a blob where the lexicon says `unknown`',
  object: '[K5] an array, bytes, a link or a blob where the lexicon has an object',
  type: '[K4] a `$type` that is not the name of a definition',
  recordType: '[K4] a record whose `$type` is not its collection to the letter',
  datetime: '[K13] a datetime without a time zone, or past what the specification allows',
  uri: '[K13] a URI of more than 8 KiB',
  depth: '[K15] objects and arrays nested more than 32 deep',
} as const

export type Difference = keyof typeof DIFFERENCES

type Fields = { readonly [field: string]: Json }

/** What of a record is to be refused here, although @atproto/lexicon may take it: found by other means than the library's. */
export function differencesIn(lexicons: Lexicons, collection: string, value: Json): ReadonlySet<Difference> {
  const found = new Set<Difference>()
  const { record } = lexicons.getDefOrThrow(collection, ['record'])
  collectAnywhere(value, found)
  if (depthOf(value) > 32) found.add('depth')
  if (fieldsOf(value)['$type'] !== collection) found.add('recordType')
  collectBySchema(lexicons, record, value, found)
  return found
}

function collectAnywhere(value: Json, found: Set<Difference>): void {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) found.add('fraction')
    else if (Math.abs(value) > 2 ** 53 - 1) found.add('large')
  }
  if (typeof value !== 'object' || value === null) return
  const fields = fieldsOf(value)
  if ('$bytes' in fields && !isBytes(fields)) found.add('bytes')
  else if ('$link' in fields && !isLink(fields)) found.add('link')
  if ('$bytes' in fields || '$link' in fields) return
  const { $type } = fields
  if (
    $type !== undefined &&
    (typeof $type !== 'string' || $type.split('#').some((part) => part === '') || $type.split('#').length > 2)
  ) {
    found.add('type')
  }
  if ($type === 'blob' && !isBlob(fields)) found.add('blob')
  for (const item of Object.values(value)) collectAnywhere(item, found)
}

function collectBySchema(
  lexicons: Lexicons,
  schema: Schema,
  value: Json | undefined,
  found: Set<Difference>,
): void {
  if (value === undefined || value === null) return
  if (schema.type === 'ref') return collectBySchema(lexicons, lexicons.getDefOrThrow(schema.ref), value, found)
  if (schema.type === 'union') {
    const { $type } = fieldsOf(value)
    const ref = schema.refs.find(
      (name) => [`lex:${$type}`, `lex:${$type}#main`, $type].includes(name) || `${name}#main` === `lex:${$type}`,
    )
    return ref && typeof $type === 'string'
      ? collectBySchema(lexicons, lexicons.getDefOrThrow(ref), value, found)
      : undefined
  }
  if (schema.type === 'array') {
    return Array.isArray(value)
      ? value.forEach((item) => collectBySchema(lexicons, schema.items, item, found))
      : undefined
  }
  if (schema.type === 'object') {
    if (isNoObject(value)) found.add('object')
    const fields = fieldsOf(value)
    for (const [name, property] of Object.entries(schema.properties)) {
      collectBySchema(lexicons, property, Object.hasOwn(fields, name) ? fields[name] : undefined, found)
    }
  }
  if (schema.type === 'unknown' && isNoObject(value)) found.add('unknown')
  if (schema.type === 'blob') collectBlob(schema, fieldsOf(value), found)
  if (schema.type === 'string' && typeof value === 'string') {
    if (schema.format === 'datetime' && !isDatetime(value)) found.add('datetime')
    if (schema.format === 'uri' && Buffer.byteLength(value) > 8192) found.add('uri')
  }
}

function collectBlob(
  { accept = ['*/*'], maxSize = Infinity }: { accept?: string[] | undefined; maxSize?: number | undefined },
  { mimeType, size }: Fields,
  found: Set<Difference>,
): void {
  if (typeof size === 'number' && size > maxSize) found.add('maxSize')
  const essence = String(mimeType).split(';', 1).join('').trim().toLowerCase()
  const isAccepted = accept.some(
    (range) =>
      range === '*/*' || range === essence || (range.endsWith('/*') && essence.startsWith(range.slice(0, -1))),
  )
  if (!isAccepted) found.add('accept')
}

function isNoObject(value: Json): boolean {
  const fields = fieldsOf(value)
  return (
    typeof value !== 'object' ||
    Array.isArray(value) ||
    isBytes(fields) ||
    isLink(fields) ||
    (fields['$type'] === 'blob' && isBlob(fields))
  )
}

/** Written again from what it was read as, it has to be the same, but for its padding and the bits that nobody needs. */
function isBytes({ $bytes, ...others }: Fields): boolean {
  if (typeof $bytes !== 'string' || Object.keys(others).length > 0) return false
  const [, text = '', padding = ''] = /^([^=]*)(=*)$/.exec($bytes) ?? []
  const again = Buffer.from(text, 'base64').toString('base64').replaceAll('=', '')
  const isSame =
    again.length === text.length &&
    again.slice(0, -1) === text.slice(0, -1) &&
    /^[\w+/]?$/.test(text.slice(-1)) &&
    !text.endsWith('_')
  const isWhole = ($bytes === '' || text !== '') && (padding === '' || $bytes.length % 4 === 0)
  return isSame && isWhole && text + padding === $bytes
}

function isLink({ $link, ...others }: Fields): boolean {
  if (typeof $link !== 'string' || Object.keys(others).length > 0) return false
  const { version, code, hash, size } = cidFacts($link)
  return version === 1 && (code === 0x55 || code === 0x71) && hash === 0x12 && size === 32 && $link.startsWith('b')
}

/** What @atproto/lexicon's own reader of CIDs says of one. */
function cidFacts(text: string): { version?: number; code?: number; hash?: number; size?: number } {
  const cid = jsonToLex({ $link: text })
  if (typeof cid !== 'object' || cid === null || !('multihash' in cid) || !('version' in cid) || !('code' in cid))
    return {}
  const { version, code, multihash } = cid as {
    version: number
    code: number
    multihash: { code: number; digest: Uint8Array }
  }
  return { version, code, hash: multihash.code, size: multihash.digest.length }
}

function isBlob(fields: Fields): boolean {
  const { ref, mimeType, size } = fields
  const link = fieldsOf(ref ?? null)
  const isRaw = isLink(link) && cidFacts(String(link['$link'])).code === 0x55
  return (
    isRaw &&
    typeof mimeType === 'string' &&
    mimeType.length > 0 &&
    typeof size === 'number' &&
    Number.isSafeInteger(size) &&
    size >= 0
  )
}

/** By its fields: the specification's own words are `YYYY-MM-DDTHH:mm:ss`, a fraction, and a zone. */
function isDatetime(text: string): boolean {
  const [date = '', rest = ''] = text.split('T')
  const [, time = '', zone = ''] = /^([\d:.]*)(.*)$/s.exec(rest) ?? []
  const [hours = '', minutes = '', seconds = ''] = time.split(':')
  const offset = zone === 'Z' ? '+00:00' : zone
  const [zoneHours = '', zoneMinutes = ''] = offset.slice(1).split(':')
  const numbers = [...date.split('-'), hours, minutes, seconds.split('.')[0] ?? '', zoneHours, zoneMinutes]
  const widths = numbers.map((number) => (/^\d+$/.test(number) ? number.length : 0)).join('')
  const [, month = 0, day = 0, hour = 0, minute = 0, second = 0, overHours = 0, overMinutes = 0] =
    numbers.map(Number)
  return (
    widths === '42222222' &&
    text.split('T').length === 2 &&
    time.split(':').length === 3 &&
    /^\d\d(?:\.\d+)?$/.test(seconds) &&
    /^[+-]/.test(offset) &&
    offset.length === 6 &&
    zone !== '-00:00' &&
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= 31 &&
    hour < 24 &&
    minute < 60 &&
    second <= 60 &&
    overHours < 24 &&
    overMinutes < 60 &&
    !(new Date(text).toJSON() ?? '').startsWith('-')
  )
}

function depthOf(value: Json): number {
  if (typeof value !== 'object' || value === null || isBytes(fieldsOf(value)) || isLink(fieldsOf(value))) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function fieldsOf(value: Json): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}
