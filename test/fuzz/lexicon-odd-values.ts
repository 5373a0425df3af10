import * as fc from 'fast-check'
import { changed, garbage } from './arbitraries.ts'
import { base64, blob, cid, type Json, legacyBlob, link, mediaType } from './lexicon-scalars.ts'

/** CIDs of other versions, bases, codecs and hashes than links have. */
const OTHER_CIDS = [
  'QmdfTbBqBPQ7VNxZEYEj14VmRuZBkqFbiwReogJgS1zR1n',
  'zdj7WhuEjrB5mfaLqZGz8dS9nQUsVGPdrMqQe8sCXpbd2mXUh',
  'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi',
]

/** Any value at all, some with the marks of bytes, links and blobs. */
export const anyJson: fc.Arbitrary<Json> = fc.letrec<{ any: Json }>((tie) => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<Json>(null, true, false, 0, -1, 1.5, 2 ** 53, -(2 ** 53), 9007199254740991, 1e300, ''),
    garbage,
    fc.integer(),
    link,
    base64.map(($bytes) => ({ $bytes })),
    fc.oneof(changed(base64), fc.constantFrom('-_', 'ab=', 'a', 'ab=c', 'a b=')).map(($bytes) => ({ $bytes })),
    fc.oneof(changed(cid), fc.constantFrom(...OTHER_CIDS)).map(($link) => ({ $link })),
    fc.oneof(cid, changed(cid)).map(($link) => ({ $link, other: 1 })),
    base64.map(($bytes) => ({ $bytes, $type: 'x' })),
    blob,
    legacyBlob,
    fc.record({ cid: changed(cid), mimeType: mediaType }),
    fc
      .tuple(blob, fc.constantFrom('ref', 'mimeType', 'size', 'other'), tie('any'))
      .map(([whole, field, odd]) => Object.assign({}, whole, { [field]: odd })),
    fc.constantFrom<Json>(
      { $type: '' },
      { $type: 'a#b#c' },
      { $type: 1 },
      { $type: 'com.example.unknown' },
      { $future: 1 },
    ),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', '$c', 'text', 'uri', '$type'), tie('any'), { maxKeys: 3 }),
    fc.tuple(fc.integer({ min: 20, max: 40 }), fc.boolean()).map(([levels, isArray]) => nest(levels, isArray)),
  ),
})).any

/** Objects in objects, or arrays in arrays. */
export function nest(levels: number, isArray: boolean): Json {
  let value: Json = 1
  for (let level = 0; level < levels; level++) value = isArray ? [value] : { a: value }
  return value
}

/** What is done to a place in a value. */
type Change = (place: Place, odd: Json, at: number, text: string) => void

interface Place {
  readonly parent: object
  readonly key: string
}

const CHANGES: readonly Change[] = [
  ({ parent, key }, odd) => Reflect.set(parent, key, odd),
  ({ parent, key }) =>
    Array.isArray(parent) ? parent.splice(Number(key), 1) : Reflect.deleteProperty(parent, key),
  (place, odd) => {
    const value = valueAt(place)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) Reflect.set(value, 'extra', odd)
  },
  (place, _, at, text) => {
    const value = valueAt(place)
    if (typeof value !== 'string') return
    const middle = at % 50
    Reflect.set(place.parent, place.key, value.slice(0, middle) + text + value.slice(middle))
  },
]

/** A value with a place or two of it replaced, taken out, added to, or written differently. */
export function spoilt(value: fc.Arbitrary<Json>): fc.Arbitrary<Json> {
  const changes = fc.array(fc.tuple(fc.constantFrom(...CHANGES), fc.nat(), anyJson, fc.nat(), garbage), {
    minLength: 1,
    maxLength: 2,
  })
  return fc.tuple(value, changes).map(([whole, all]) => {
    const holder: { [field: string]: Json } = { root: structuredClone(whole) }
    for (const [change, position, odd, at, text] of all) {
      const places = placesIn(holder)
      const place = places[position % places.length]
      // What was drawn can stand in several cases.
      if (place) change(place, structuredClone(odd), at, text)
    }
    return holder['root'] ?? null
  })
}

function valueAt({ parent, key }: Place): unknown {
  return Reflect.get(parent, key)
}

function placesIn(parent: Json[] | { [field: string]: Json }): Place[] {
  return Object.entries(parent).flatMap(([key, value]) => {
    const beneath = typeof value === 'object' && value !== null ? placesIn(value) : []
    return [[{ parent, key }], beneath].flat()
  })
}
