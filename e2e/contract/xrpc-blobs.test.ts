import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  openXrpcScene,
  outcomeOf,
  shown,
  type Xrpc,
  XRPC_WORLDS,
  type XrpcAnswer,
  type XrpcScene,
} from './xrpc-scene.ts'

const UPLOAD = 'com.atproto.repo.uploadBlob'
const GET_BLOB = 'com.atproto.sync.getBlob'
const STRANGER = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const collection = 'com.example.note'

const cidOf = ({ json }: XrpcAnswer) => (json.blob as { ref: { $link: string } }).ref.$link
const typeOf = ({ json }: XrpcAnswer) => (json.blob as { mimeType: string }).mimeType

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

  const create = (record: object) => app('com.atproto.repo.createRecord', { input: { repo, collection, record } })
  const upload = (text: string, type = 'text/plain') =>
    app(UPLOAD, { body: new TextEncoder().encode(text), headers: { 'content-type': type } })
  const point = (rkey: string, file: unknown) =>
    app('com.atproto.repo.putRecord', { input: { repo, collection, rkey, record: { file } } })
  const getBlob = (cid: string, did = repo) => scene.nobody(GET_BLOB, { params: { did, cid } })

  test('a blob is there once a record points to it, and no longer', async () => {
    const uploaded = await upload('hello')
    const cid = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'
    expect(uploaded.json).toEqual({
      blob: { $type: 'blob', ref: { $link: cid }, mimeType: 'text/plain', size: 5 },
    })
    const missing = [400, { error: 'InvalidRequest', message: 'Blob not found' }]
    expect(shown(await getBlob(cid))).toEqual(missing)
    const { json: record } = await create({ nested: [{ file: uploaded.json.blob }] })
    const { status, headers, json } = await getBlob(cid)
    expect([status, json]).toEqual([200, { text: 'hello' }])
    expect(headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(headers.get('content-length')).toBe('5')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-disposition')).toBe(`attachment; filename="${cid}"`)
    expect(headers.get('content-security-policy')).toBe(`default-src 'none'; sandbox`)
    expect(shown(await getBlob(cid, scene.bob.did))).toEqual(missing)
    const rkey = String(record.uri).split('/').at(-1)
    await app('com.atproto.repo.deleteRecord', { input: { repo, collection, rkey } })
    expect(shown(await getBlob(cid))).toEqual(missing)
    const again = await create({ file: uploaded.json.blob })
    expect(shown(again)).toEqual([400, { error: 'BlobNotFound', message: `Could not find blob: ${cid}` }])
  })

  test('a blob is of the type that its bytes show, or that it is given', async () => {
    const png = Uint8Array.from(
      atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='),
      (char) => char.charCodeAt(0),
    )
    expect(typeOf(await app(UPLOAD, { body: png, headers: { 'content-type': 'text/plain' } }))).toBe('image/png')
    expect(typeOf(await upload('no png', 'image/png'))).toBe('image/png')
    expect(typeOf(await upload('text', 'text/plain; charset=utf-8'))).toBe('text/plain')
    for (const type of ['image/*', '*/*', 'TEXT/Plain']) expect(typeOf(await upload('as it is', type))).toBe(type)
  })

  test('a blob may be empty, and no more than 5 MiB', async () => {
    const type = { 'content-type': 'application/octet-stream' }
    expect((await app(UPLOAD, { method: 'POST', body: new Uint8Array(0), headers: type })).json).toMatchObject({
      blob: { size: 0, mimeType: 'application/octet-stream' },
    })
    const tooLong = await app(UPLOAD, { body: new Uint8Array(5_242_881), headers: type })
    expect(outcomeOf(tooLong)).toBe('413 PayloadTooLarge')
  })

  test('a blob that is uploaded again keeps the type of the first time, whatever the answer says', async () => {
    const first = await upload('twice', 'text/plain')
    const again = await upload('twice', 'text/html')
    expect([typeOf(first), typeOf(again)]).toEqual(['text/plain', 'text/html'])
    expect(outcomeOf(await create({ file: again.json.blob }))).toBe('400 InvalidMimeType')
    expect((await create({ file: first.json.blob })).status).toBe(200)
    // Now that a record points to it, nobody looks any more.
    expect((await create({ file: again.json.blob })).status).toBe(200)
    expect((await getBlob(cidOf(first))).headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  test('a blob that two records point to is there until the last of them does not', async () => {
    const uploaded = await upload('shared')
    const cid = cidOf(uploaded)
    for (const rkey of ['one', 'two']) await point(rkey, uploaded.json.blob)
    await point('one', null)
    expect((await getBlob(cid)).status).toBe(200)
    await point('two', null)
    expect((await getBlob(cid)).json.message).toBe('Blob not found')
  })

  test('part of a blob is not given, and HEAD is GET without it', async () => {
    const uploaded = await upload('in parts', 'application/x-note')
    await create({ file: uploaded.json.blob })
    const ask = (options: object) =>
      scene.nobody(GET_BLOB, { params: { did: repo, cid: cidOf(uploaded) }, ...options })
    expect(shown(await ask({ headers: { range: 'bytes=0-1' } }))).toEqual([200, { text: 'in parts' }])
    const head = await ask({ method: 'HEAD' })
    expect([...shown(head), head.headers.get('content-type')]).toEqual([200, { text: '' }, 'application/x-note'])
  })

  test('a blob has to be what a record says of it', async () => {
    const { blob } = (await upload('checked')).json as { blob: object }
    const pointTo = (changes: object) => create({ file: { ...blob, ...changes } })
    expect(outcomeOf(await pointTo({ mimeType: 'image/png' }))).toBe('400 InvalidMimeType')
    expect(outcomeOf(await pointTo({ size: 1 }))).toBe('400 InvalidSize')
    expect((await pointTo({})).status).toBe(200)
  })

  test('a blob has a type, and no encoding that nobody knows', async () => {
    const refused = await app(UPLOAD, { body: new Uint8Array([1]) })
    expect(refused.json.message).toBe('Request encoding (Content-Type) required but not provided')
    const zipped = { 'content-type': 'text/plain', 'content-encoding': 'zip' }
    expect(outcomeOf(await app(UPLOAD, { body: 'x', headers: zipped }))).toBe('415 UnsupportedMediaType')
    expect(outcomeOf(await scene.nobody(UPLOAD, { body: 'x' }))).toBe('401 AuthMissing')
  })

  test('a blob of nobody is not found', async () => {
    const cid = cidOf(await upload('whose'))
    expect(shown(await getBlob(cid, STRANGER))).toEqual([
      400,
      { error: 'RepoNotFound', message: `Could not find repo for DID: ${STRANGER}` },
    ])
  })
})
