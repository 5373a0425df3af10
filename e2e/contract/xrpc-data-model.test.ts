import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openXrpcScene, outcomeOf, shown, type Xrpc, XRPC_WORLDS, type XrpcScene } from './xrpc-scene.ts'

const collection = 'com.example.note'
const RAW = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'
const BLOB = { $type: 'blob', ref: { $link: RAW }, mimeType: 'text/plain', size: 5 }
const deep = Array.from({ length: 40 }).reduce<unknown>((inner) => ({ inner }), {})

describe.each(XRPC_WORLDS)('on %s', (_, open) => {
  let scene: XrpcScene
  let app: Xrpc
  let repo: string
  beforeAll(async () => {
    scene = await openXrpcScene(open)
    repo = scene.alice.did
    app = await scene.signIn()
  })
  afterAll(() => scene.world.close())

  const put = (record: object) =>
    app('com.atproto.repo.putRecord', { input: { repo, collection, rkey: 'it', record } })
  const write = async (record: object) => {
    expect((await put(record)).status).toBe(200)
    const params = { repo, collection, rkey: 'it' }
    return (await scene.nobody('com.atproto.repo.getRecord', { params })).json.value
  }

  test.each<[string, unknown]>([
    ['bytes', { $bytes: 'AQID' }],
    ['no bytes', { $bytes: '' }],
    ['a number as bytes', { $bytes: 5 }],
    ['no base64 as bytes', { $bytes: '!!' }],
    ['half a byte', { $bytes: 'A' }],
    ['bytes with another field', { $bytes: 'AQ==', also: 1 }],
    ['no link', { $link: 'nope' }],
    ['a number as a link', { $link: 5 }],
    ['a link', { $link: RAW }],
    ['a link with another field', { $link: RAW, also: 1 }],
    ['an object with a number as its $type', { $type: 5 }],
    ['an object with an empty $type', { $type: '' }],
    ['an object with a field that begins with $', { $new: 1 }],
    ['a blob with another field, which is none', { ...BLOB, also: 1 }],
    ['a blob without its size', { ...BLOB, size: undefined }],
    ['a blob with a text as its link', { ...BLOB, ref: RAW }],
    ['an old blob with another field, which is none', { cid: RAW, mimeType: 'text/plain', also: 1 }],
    ['null, empty lists and empty names', [null, [[]], { '': 0 }]],
    ['forty objects in another', deep],
  ])('%s: read as written', async (__, value) => {
    expect(await write({ value })).toEqual({ value, $type: collection })
  })

  test.each<[string, unknown, unknown]>([
    ['padded bytes', { $bytes: 'AQ==' }, { $bytes: 'AQ' }],
    ['bytes in the alphabet of URLs', { $bytes: '-_-_' }, { $bytes: '+/+/' }],
    ['bytes with bits over', { $bytes: 'AR' }, { $bytes: 'AQ' }],
    ['half a character', '\ud800', '\ufffd'],
  ])('%s: read in the one way to write them', async (__, value, stored) => {
    expect(await write({ value: [value] })).toEqual({ value: [stored], $type: collection })
  })

  test('bytes are the same in any base64, so that nothing changes', async () => {
    const { commit } = (await put({ value: { $bytes: 'AP8=' } })).json
    expect(commit).toBeDefined()
    expect((await put({ value: { $bytes: 'AP8' } })).json).not.toHaveProperty('commit')
  })

  test.each<[string, unknown, string]>([
    ['a number of more than 53 bits', 2 ** 53, '500 InternalServerError'],
    ['a fraction', 1.5, '400 InvalidRequest'],
    ['a blob that nobody uploaded', BLOB, '400 BlobNotFound'],
    ['a blob of a negative size', { ...BLOB, size: -1 }, '400 BlobNotFound'],
    ['a blob as they were once', { cid: RAW, mimeType: 'text/plain' }, '400 InvalidRequest'],
  ])('%s: refused', async (__, value, outcome) => {
    expect(outcomeOf(await put({ list: [{ value }] }))).toBe(outcome)
  })

  test('a blob as they were once is named where it is refused', async () => {
    expect(shown(await put({ file: { cid: RAW, mimeType: 'text/plain' } }))).toEqual([
      400,
      { error: 'InvalidRequest', message: `Legacy blobs are not allowed (${RAW})` },
    ])
  })
})
