import { readdir, readFile } from 'node:fs/promises'
import { isXrpcError, nsid, type XrpcClient } from 'atproof'
import { type InvalidEvent, validator } from 'atproof/lexicon'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CALL_SCENES, type CallScene, openRealScene } from './calls-scene.ts'
import type { RealWorld } from './world.ts'

const LIST = 'com.atproto.repo.listRecords'
const GET_BLOB = 'com.atproto.sync.getBlob'
const DO = nsid('com.example.do')
/** The lexicon documents of the protocol. */
const DOCUMENTS = new URL('../lexicons/', import.meta.url)
const ENTRY = {
  lexicon: 1,
  id: 'com.example.entry',
  defs: {
    main: {
      type: 'record',
      key: 'any',
      record: {
        type: 'object',
        required: ['text'],
        properties: { text: { type: 'string', maxLength: 10 }, file: { type: 'blob', accept: ['*/*'] } },
      },
    },
  },
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('it was to fail'),
    (error: unknown) => error,
  )
const keyOf = ({ uri }: { readonly uri: string }) => uri.split('/').at(-1)

async function readDocuments(): Promise<unknown[]> {
  const names = (await readdir(DOCUMENTS, { recursive: true })).filter((name) => name.endsWith('.json'))
  return Promise.all(names.map(async (name) => JSON.parse(await readFile(new URL(name, DOCUMENTS), 'utf8'))))
}

describe.each(CALL_SCENES)('on %s', (_, open) => {
  let scene: CallScene
  let client: XrpcClient
  beforeAll(async () => {
    scene = await open()
    client = scene.client
  })
  beforeEach(() => scene.clear())
  afterAll(() => scene.close())

  /** How often a method was asked for, with what answers. */
  const statusesOf = (method: string) =>
    scene.app.sent.filter(({ path }) => path === `/xrpc/${method}`).map(({ status }) => status)

  const entries = () => client.records(nsid('com.example.entry'))

  describe('records', () => {
    test('[J8] [K4] are listed over all pages, either way, from anywhere', async () => {
      const listed = client.records(nsid('com.example.listed'))
      for (const rkey of ['a3', 'a1', 'a5', 'a2', 'a4']) await listed.put(rkey, { rkey })
      scene.clear()
      const found = await all(listed.list({ limit: 2 }))
      expect(found.map(keyOf)).toEqual(['a5', 'a4', 'a3', 'a2', 'a1'])
      expect(found[0]?.value).toEqual({ $type: 'com.example.listed', rkey: 'a5' })
      // The reference server's last page has a cursor too, which leads to an empty one.
      expect(statusesOf(LIST)).toEqual([200, 200, 200, 200])
      expect((await all(listed.list({ limit: 2, reverse: true, cursor: 'a2' }))).map(keyOf)).toEqual([
        'a3',
        'a4',
        'a5',
      ])
      expect((await all(listed.list({ repo: scene.person.handle }))).map(keyOf)).toEqual(found.map(keyOf))
      scene.clear()
      for await (const first of listed.list({ limit: 2 })) {
        expect(keyOf(first)).toBe('a5')
        break
      }
      expect(statusesOf(LIST)).toEqual([200])
    })

    test('[J8] are listed page by page, up to one without a cursor', async () => {
      const pieces = client.records(nsid('com.example.piece'))
      for (const rkey of ['a1', 'a2', 'a3']) await pieces.put(rkey, { rkey })
      scene.clear()
      const { data: first } = await pieces.listPage({ limit: 2 })
      expect(first.records.map(({ rkey }) => rkey)).toEqual(['a3', 'a2'])
      expect(statusesOf(LIST)).toEqual([200])
      const { data: last } = await pieces.listPage({ limit: 2, cursor: first.cursor })
      expect(last.records.map(({ rkey }) => rkey)).toEqual(['a1'])
      expect(last.cursor).toBeUndefined()
      // The reference server gives a cursor with the last record, and none only with nothing.
      expect(statusesOf(LIST)).toEqual([200, 200, 200])
      const reverse = await pieces.listPage({ limit: 3, reverse: true, repo: scene.person.handle })
      expect(reverse.data.records.map(({ rkey }) => rkey)).toEqual(['a1', 'a2', 'a3'])
    })

    test('[K2] [K4] are created under a key of the server, or of their own, and read as they are', async () => {
      const { data: created } = await entries().create({ text: 'grüße 🦋', other: { nested: [null, 1] } })
      expect(keyOf(created)).toMatch(/^[2-7a-z]{13}$/)
      expect(created.rkey).toBe(keyOf(created))
      const { data: read } = await entries().get(created.rkey)
      expect(read).toEqual({
        uri: created.uri,
        rkey: created.rkey,
        cid: created.cid,
        value: { $type: 'com.example.entry', text: 'grüße 🦋', other: { nested: [null, 1] } },
      })
      expect(keyOf((await entries().create({ text: 'own' }, { rkey: 'own' })).data)).toBe('own')
      expect(keyOf((await entries().put('put', { text: 'put' })).data)).toBe('put')
    })

    test('[J5] are written over only as they were read', async () => {
      const { data: first } = await entries().put('swapped', { text: '1' }, { swapRecord: null })
      const { data: second } = await entries().put('swapped', { text: '2' }, { swapRecord: first.cid })
      const late = await failureOf(entries().put('swapped', { text: '3' }, { swapRecord: first.cid }))
      expect(isXrpcError(late, 'com.atproto.repo.putRecord', 'InvalidSwap')).toBe(true)
      expect(late).toMatchObject({ status: 400, message: expect.stringContaining(second.cid) })
      const taken = await failureOf(entries().put('swapped', { text: '3' }, { swapRecord: null }))
      expect(isXrpcError(taken, 'com.atproto.repo.putRecord', 'InvalidSwap')).toBe(true)
      const kept = await failureOf(entries().delete('swapped', { swapRecord: first.cid }))
      expect(isXrpcError(kept, 'com.atproto.repo.deleteRecord', 'InvalidSwap')).toBe(true)
      expect((await entries().get('swapped', { cid: second.cid })).data.value.text).toBe('2')
      const gone = await failureOf(entries().get('swapped', { cid: first.cid }))
      expect(isXrpcError(gone, 'com.atproto.repo.getRecord', 'RecordNotFound')).toBe(true)
    })

    test('[J5] are deleted once, and then not found', async () => {
      const { data } = await entries().put('gone', { text: 'x' })
      expect((await entries().delete('gone', { swapRecord: data.cid })).status).toBe(200)
      expect((await entries().delete('gone')).status).toBe(200)
      const failure = await failureOf(entries().get('gone'))
      expect(isXrpcError(failure, 'com.atproto.repo.getRecord', 'RecordNotFound')).toBe(true)
    })
  })

  describe('pages', () => {
    test('[J8] of any query with a cursor are asked for one by one, with the other parameters', async () => {
      const collection = 'com.example.paged'
      for (const rkey of ['1', '2', '3']) await client.records(nsid(collection)).put(rkey, {})
      scene.clear()
      const found = await all(
        client.paginate(LIST, { params: { repo: client.did, collection, limit: 1, reverse: true } }),
      )
      expect(found.map(keyOf)).toEqual(['1', '2', '3'])
      expect(statusesOf(LIST)).toEqual([200, 200, 200, 200])
    })

    test('[J8] of nothing are one', async () => {
      const params = { repo: client.did, collection: 'com.example.nothing' }
      expect(await all(client.paginate(LIST, { params }))).toEqual([])
      expect(statusesOf(LIST)).toEqual([200])
    })
  })

  describe('what is not JSON', () => {
    const bytes = new TextEncoder().encode('no JSON')
    let params: { readonly did: XrpcClient['did']; readonly cid: string }
    beforeAll(async () => {
      const { data } = await client.uploadBlob(bytes, { encoding: 'application/x-note' })
      await entries().create({ text: 'blob', file: data.blob })
      params = { did: client.did, cid: data.blob.ref.$link }
    })

    test('[J4] is read as bytes or as a stream', async () => {
      const read = await client.get(GET_BLOB, { params, as: 'bytes' })
      expect([read.data, read.headers.get('content-type')]).toEqual([bytes, 'application/x-note'])
      const { data: stream } = await client.get(GET_BLOB, { params, as: 'stream' })
      expect(await new Response(stream).bytes()).toEqual(bytes)
    })

    test('[J4] is refused where JSON was wanted', async () => {
      const failure = await failureOf(client.get(nsid(GET_BLOB), { params }))
      expect(failure).toMatchObject({
        code: 'response_invalid',
        status: 200,
        field: 'content-type',
        expected: 'application/json',
        found: 'application/x-note',
      })
    })

    test('[J5] has its errors as JSON all the same', async () => {
      const missing = { ...params, cid: `bafkrei${'a'.repeat(52)}` }
      const failure = await failureOf(client.get(GET_BLOB, { params: missing, as: 'bytes' }))
      expect(failure).toMatchObject({ code: 'error_response', status: 400, error: 'InvalidRequest' })
    })
  })

  describe('a validator', () => {
    let documents: unknown[]
    beforeAll(async () => {
      documents = [...(await readDocuments()), ENTRY]
    })
    const checked = (output: 'warn' | 'strict', events: InvalidEvent[] = []) =>
      client.with({ validate: validator(documents, { output, onEvent: (event) => events.push(event) }) })

    test('[K6] [K7] refuses what does not fit before anything is sent', async () => {
      const strict = checked('strict')
      const checkedEntries = strict.records(nsid('com.example.entry'))
      const params = { repo: client.did, collection: 'com.example.entry', limit: 101 }
      await expect(checkedEntries.create({ text: 'too long for it' })).rejects.toThrow(
        /^input\.record\.text: expected/,
      )
      await expect(checkedEntries.put('x', {})).rejects.toThrow(/^input\.record\.text: expected/)
      await expect(strict.get(LIST, { params })).rejects.toThrow(/^params\.limit: expected/)
      await expect(strict.post(nsid('com.atproto.repo.createRecord'), { input: {} })).rejects.toThrow(TypeError)
      expect(scene.app.sent).toEqual([])
      // Without one, the server is the first to look at it, and takes a record that it has no lexicon of.
      expect(await failureOf(client.get(LIST, { params }))).toMatchObject({ error: 'InvalidRequest' })
      expect((await entries().create({ text: 'too long for it' })).status).toBe(200)
    })

    test('[J4] [K2] finds nothing wrong with what a server answers', async () => {
      const strict = checked('strict')
      const fitting = strict.records(nsid('com.example.fitting'))
      const { data: uploaded } = await strict.uploadBlob(new Uint8Array([1, 2, 3]), { encoding: 'image/png' })
      const { data: created } = await fitting.create({
        text: 'fits',
        file: uploaded.blob,
        more: [1, { deep: true }],
      })
      const { data: read } = await fitting.get(keyOf(created) ?? '')
      expect(read.value).toMatchObject({ text: 'fits', file: uploaded.blob, more: [1, { deep: true }] })
      expect(await all(fitting.list())).toHaveLength(1)
      await fitting.put('own', { text: 'put' })
      await fitting.delete('own')
      expect((await strict.getBlob(uploaded.blob)).data).toEqual(new Uint8Array([1, 2, 3]))
      await strict.serviceAuth({ audience: scene.service, method: DO })
      expect((await strict.get('com.atproto.server.getSession')).data.did).toBe(client.did)
      const described = await strict.get('com.atproto.repo.describeRepo', { params: { repo: client.did } })
      expect(described.data.collections).toContain('com.example.fitting')
      expect((await strict.get('com.atproto.server.describeServer')).status).toBe(200)
    })

    test('[K5] refuses or tells of records that others wrote otherwise', async () => {
      const { data } = await entries().create({ text: 'too long for it' })
      const rkey = keyOf(data) ?? ''
      expect(await failureOf(checked('strict').records(nsid('com.example.entry')).get(rkey))).toMatchObject({
        name: 'XrpcError',
        code: 'response_invalid',
        field: 'output.value.text',
      })
      const events: InvalidEvent[] = []
      const warned = await checked('warn', events).records(nsid('com.example.entry')).get(rkey)
      expect(warned.data.value.text).toBe('too long for it')
      expect(events).toMatchObject([{ part: 'output', field: 'output.value.text' }])
    })
  })

  describe('a client without a session', () => {
    test('[J1] reads what is public', async () => {
      const nobody = scene.nobody()
      const { data, client: same } = await nobody.get('com.atproto.server.describeServer')
      expect(data.availableUserDomains).toContain('.test')
      expect([same, nobody.did, nobody.session]).toEqual([nobody, undefined, undefined])
      await client.records(nsid('com.example.public')).put('a', { text: 'for all' })
      const records = nobody.records(nsid('com.example.public'))
      expect((await records.get('a', { repo: client.did })).data.value.text).toBe('for all')
      expect((await all(records.list({ repo: scene.person.handle }))).map(keyOf)).toEqual(['a'])
      expect(scene.app.sent.map(({ path }) => path)).toEqual(['/xrpc/com.atproto.repo.putRecord'])
    })

    test('[J5] has the error of who may not, and of what is not there', async () => {
      const nobody = scene.nobody()
      const missing = await failureOf(nobody.records(nsid('com.example.public')).get('b', { repo: client.did }))
      expect(isXrpcError(missing, 'com.atproto.repo.getRecord', 'RecordNotFound')).toBe(true)
      const input = { repo: client.did, collection: 'com.example.public', record: {} }
      const refused = await failureOf(nobody.post('com.atproto.repo.createRecord', { input }))
      expect(refused).toMatchObject({ status: 401, error: 'AuthMissing', retryable: false, action: undefined })
    })
  })
})

describe('on the real network alone', () => {
  let scene: CallScene<RealWorld>
  beforeAll(async () => {
    scene = await openRealScene()
  })
  afterAll(() => scene.close())

  test('[J4] a whole repository is read as bytes or as a stream, however long', async () => {
    const { client } = scene
    await client.records(nsid('com.example.entry')).create({ text: 'in it' })
    const params = { did: client.did }
    const { data, headers } = await client.get('com.atproto.sync.getRepo', { params, as: 'bytes' })
    expect(headers.get('content-type')).toBe('application/vnd.ipld.car')
    expect(new TextDecoder().decode(data)).toContain('com.example.entry')
    const small = client.with({ maxResponseBytes: data.length - 1 })
    const failure = await failureOf(small.get('com.atproto.sync.getRepo', { params, as: 'bytes' }))
    expect(failure).toMatchObject({ name: 'NetworkError', code: 'too_large' })
    const { data: stream } = await small.get('com.atproto.sync.getRepo', { params, as: 'stream' })
    expect(await new Response(stream).bytes()).toEqual(data)
  })

  test('[J12] a service takes the token for its method, and for no other', async () => {
    const { client, world } = scene
    // The PDS itself, as those know it that upload for somebody.
    const { data } = await client.serviceAuth({
      audience: 'did:web:localhost',
      method: 'com.atproto.repo.uploadBlob',
    })
    const helper = scene.nobody(world.pds).with({ headers: { authorization: `Bearer ${data.token}` } })
    const uploaded = await helper.post('com.atproto.repo.uploadBlob', { input: new Uint8Array([1]) })
    expect(uploaded.data.blob.size).toBe(1)
    const other = await client.serviceAuth({ audience: 'did:web:localhost', method: DO })
    const wrong = helper.with({ headers: { authorization: `Bearer ${other.data.token}` } })
    const failure = await failureOf(wrong.post('com.atproto.repo.uploadBlob', { input: new Uint8Array([1]) }))
    expect(failure).toMatchObject({
      name: 'XrpcError',
      status: 401,
      error: 'BadJwtLexiconMethod',
      action: undefined,
    })
  })
})
