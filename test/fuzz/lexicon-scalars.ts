import type { LexString } from '@atproto/lexicon'
import * as fc from 'fast-check'
import { wordOf } from './arbitraries.ts'
import { DIGITS, LOWER } from './grammar.ts'
import { anyDid, didPlc, handle } from './names.ts'

/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | { [field: string]: Json }

const BASE32 = `${LOWER}234567`

const digest = fc
  .tuple(fc.constantFrom(...'abcdefgh'), wordOf(BASE32, 50, 50), fc.constantFrom(...'aeimquy4'))
  .map((parts) => parts.join(''))
const rawCid = digest.map((text) => `bafkrei${text}`)
/** The CID of a record or a blob. */
export const cid: fc.Arbitrary<string> = fc.oneof(
  rawCid,
  digest.map((text) => `bafyrei${text}`),
)
/** A link. */
export const link: fc.Arbitrary<{ $link: string }> = cid.map(($link) => ({ $link }))
/** Bytes, padded or not. */
export const base64: fc.Arbitrary<string> = fc.uint8Array({ maxLength: 12 }).chain((bytes) => {
  const padded = Buffer.from(bytes).toString('base64')
  return fc.constantFrom(padded, padded.replace(/=+$/, ''))
})
/** Media types, of which some lexicons take some. */
export const mediaType: fc.Arbitrary<string> = fc.constantFrom(
  'image/png',
  'image/jpeg',
  'IMAGE/PNG',
  'video/mp4',
  'text/vtt',
  'text/plain; charset=utf-8',
)
/** A blob of any size. */
export const blob: fc.Arbitrary<{ [field: string]: Json }> = fc.record({
  $type: fc.constant('blob'),
  ref: rawCid.map(($link) => ({ $link })),
  mimeType: mediaType,
  size: fc.oneof(fc.nat(2_000_000), fc.nat(200_000_000)),
})
/** A blob of the old form. */
export const legacyBlob: fc.Arbitrary<{ [field: string]: Json }> = fc.record({ cid, mimeType: mediaType })
const tid = fc
  .tuple(fc.constantFrom(...'234567abcdefghij'), wordOf(`234567${LOWER}`, 12, 12))
  .map((parts) => parts.join(''))
const nsid = fc
  .tuple(wordOf(LOWER, 2, 5), wordOf(LOWER, 2, 8), wordOf(LOWER, 1, 8))
  .map((parts) => parts.join('.'))
const recordKey = wordOf(`${LOWER}${DIGITS}_~.:-`, 3, 20)
const datetime = fc
  .tuple(
    fc.date({ noInvalidDate: true, min: new Date('0001-01-02'), max: new Date('9998-12-31') }),
    fc.constantFrom(...'ZZZZZZZZ', '+02:00', '-11:30', '-00:00', '', '+0000'),
  )
  .map(([date, zone]) => date.toISOString().replace('Z', zone))
const atUri = fc
  .tuple(fc.oneof(didPlc, handle), fc.option(fc.tuple(nsid, recordKey)))
  .map(([authority, path]) => ['at:/', authority, ...(path ?? [])].join('/'))
const uri = fc.oneof(
  { weight: 9, arbitrary: fc.webUrl() },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 8150, max: 8192 }).map((length) => `https://a.example/${'é'.repeat(length / 2)}`),
  },
)

const FORMATS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  datetime,
  uri,
  'at-uri': atUri,
  did: fc.oneof(didPlc, anyDid),
  handle,
  'at-identifier': fc.oneof(handle, didPlc),
  nsid,
  cid,
  language: fc.constantFrom('en', 'pt-BR', 'zh-Hant-TW', 'i-klingon', 'de-1996', 'x-private'),
  tid,
  'record-key': recordKey,
}

/** A text that a schema allows, or one that is a little too long now and then. */
export function textOf({
  format,
  maxLength,
  minLength = 0,
  maxGraphemes,
  minGraphemes = 0,
  knownValues,
  ...rest
}: LexString): fc.Arbitrary<string> {
  if (rest.const !== undefined) return fc.constant(rest.const)
  if (rest.enum) return fc.constantFrom(...rest.enum)
  const byFormat = format && FORMATS[format]
  if (byFormat) return byFormat
  const least = Math.max(minLength, minGraphemes)
  const most = Math.min(maxGraphemes ?? maxLength ?? 20, 400)
  const short = fc.string({
    unit: 'grapheme',
    minLength: least,
    maxLength: Math.max(least, Math.min(most, 12) >> 2),
  })
  const long = fc.string({
    unit: fc.constantFrom('a', 'é', '👨‍👩‍👧', '🇩🇪'),
    minLength: Math.max(0, Math.floor(most / 3)),
    maxLength: most + 1,
  })
  const plain = fc.oneof({ weight: 4, arbitrary: short }, { weight: 1, arbitrary: long })
  return knownValues ? fc.oneof(fc.constantFrom(...knownValues), plain) : plain
}
