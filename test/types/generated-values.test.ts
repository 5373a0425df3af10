import { test, expect } from 'vitest'
import { checkDocuments } from '../../src/lexicon/check-documents.ts'
import { generateTypes } from '../../src/lexicon/generate-types.ts'
import { userProject } from './scene.ts'
import type { CompilerVersion } from './user-project.ts'

const PLACE = {
  lexicon: 1,
  id: 'com.example.place',
  defs: {
    main: {
      type: 'record',
      key: 'tid',
      record: {
        type: 'object',
        required: ['name', 'kind', 'area', 'owner'],
        nullable: ['area', 'note'],
        properties: {
          name: { type: 'string' },
          note: { type: 'string' },
          'kind-of-place': { type: 'string', knownValues: ['park', 'pool'] },
          kind: { type: 'string', enum: ['open', 'closed'] },
          size: { type: 'integer', const: 5 },
          area: { type: 'integer' },
          owner: { type: 'string', format: 'did' },
          photo: { type: 'blob' },
          hash: { type: 'bytes' },
          root: { type: 'cid-link' },
          more: { type: 'unknown' },
          shape: { type: 'union', refs: ['#circle', '#square'], closed: true },
          parts: { type: 'array', items: { type: 'union', refs: ['#circle', 'com.atproto.repo.strongRef'] } },
          tag: { type: 'ref', ref: '#tag' },
          nothing: { type: 'ref', ref: '#nothing' },
        },
      },
    },
    circle: { type: 'object', required: ['radius'], properties: { radius: { type: 'integer' } } },
    square: { type: 'object', required: ['side'], properties: { side: { type: 'integer' } } },
    tag: { type: 'token' },
    nothing: { type: 'object', properties: {} },
  },
}
const known = [{ lexicon: 1, id: 'com.atproto.repo.strongRef', defs: { main: { type: 'object' } } }] as const

const PROGRAM = `import { type RecordOf, type TypeOf, unknownVariant } from 'atproof'

type Place = RecordOf<'com.example.place'>
const place: Place = { name: '', kind: 'open', area: null, owner: 'did:plc:x' }
const circle: TypeOf<'com.example.place#circle'> = { radius: 1 }
const variant = { $type: 'com.example.place#circle', radius: 1 } as const

export const fit: Place[] = [
  { ...place, $type: 'com.example.place' },
  { ...place, note: null, photo: undefined, size: 5 },
  { ...place, 'kind-of-place': 'pool' },
  { ...place, 'kind-of-place': 'something new' },
  { ...place, photo: { $type: 'blob', ref: { $link: 'x' }, mimeType: 'image/png', size: 1 } },
  { ...place, hash: { $bytes: 'AA' }, root: { $link: 'x' }, more: { any: ['thing'] } },
  { ...place, shape: variant, parts: [variant, unknownVariant({ $type: 'com.example.other#new', anything: 1 })] },
  { ...place, parts: [{ $type: 'com.atproto.repo.strongRef', uri: 'at://x', cid: 'y' }] },
  { ...place, tag: 'com.example.place#tag', nothing: {} },
]
export const open: { readonly [field: string]: unknown } = place

export const unfit: Place[] = [
  // @ts-expect-error required
  { name: '', kind: 'open', area: 1 },
  // @ts-expect-error required, although it may be null
  { name: '', kind: 'open', owner: 'did:plc:x' },
  // @ts-expect-error another record
  { ...place, $type: 'com.example.other' },
  // @ts-expect-error may be missing, and not null
  { ...place, photo: null },
  // @ts-expect-error null, and not missing
  { ...place, area: undefined },
  // @ts-expect-error one of two
  { ...place, kind: 'ajar' },
  // @ts-expect-error one number
  { ...place, size: 6 },
  // @ts-expect-error a DID
  { ...place, owner: 'alice.example.com' },
  // @ts-expect-error bytes as the data model has them
  { ...place, hash: new Uint8Array() },
  // @ts-expect-error an object
  { ...place, more: 'text' },
  // @ts-expect-error a variant says what it is
  { ...place, shape: circle },
  // @ts-expect-error the union is closed
  { ...place, shape: { $type: 'com.example.other#new' } },
  // @ts-expect-error nor is it open for what is not said to be another kind
  { ...place, parts: [{ $type: 'com.example.other#new', anything: 1 }] },
  // @ts-expect-error a variant has all of its fields
  { ...place, parts: [{ $type: 'com.atproto.repo.strongRef', uri: 'at://x' }] },
  // @ts-expect-error in an open union too
  { ...place, parts: [circle] },
  // @ts-expect-error a token is its own name
  { ...place, tag: 'tag' },
  // @ts-expect-error no such field
  { ...place, nmae: '' },
]

export function area({ shape }: Place): number {
  if (shape === undefined) return 0
  return shape.$type === 'com.example.place#circle' ? shape.radius : shape.side
}
`

test.each<CompilerVersion>(['7', '5.9'])(
  '[K3] [K4] [K5] [K7] with TypeScript %s generated types take what their documents say, and nothing else',
  async (version) => {
    const { documents, problems } = checkDocuments([{ file: 'place.json', content: PLACE }], { known })
    expect(problems).toStrictEqual([])
    const types = generateTypes(documents, { known })
    const project = await userProject({ 'types.ts': types, 'program.ts': PROGRAM })
    expect(await project.compile(version, 'types.ts', 'program.ts')).toBe('')
  },
)
