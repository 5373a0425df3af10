import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  keyOf,
  openXrpcScene,
  outcomeOf,
  shown,
  type Xrpc,
  XRPC_WORLDS,
  type XrpcAnswer,
  type XrpcScene,
} from './xrpc-scene.ts'

const CREATE = 'com.atproto.repo.createRecord'
const PUT = 'com.atproto.repo.putRecord'
const GET = 'com.atproto.repo.getRecord'
const LIST = 'com.atproto.repo.listRecords'
const DELETE = 'com.atproto.repo.deleteRecord'
const APPLY = 'com.atproto.repo.applyWrites'
const TID = /^[2-7a-z]{13}$/
const CID = /^bafyrei[2-7a-z]{52}$/
const STRANGER = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

const collection = 'com.example.note'

const page = ({ json }: XrpcAnswer) => {
  const records = json.records as { uri: string }[]
  return [records.map(({ uri }) => uri.split('/').at(-1)).join(' '), json.cursor]
}
const createOf = (rkey?: string) => ({
  $type: `${APPLY}#create`,
  collection,
  value: { text: 'many' },
  ...(rkey && { rkey }),
})
const updateOf = (rkey: string) => ({ $type: `${APPLY}#update`, collection, rkey, value: { text: 'new' } })
const deleteOf = (rkey: string) => ({ $type: `${APPLY}#delete`, collection, rkey })
const recordWas = (cid: unknown) => [400, { error: 'InvalidSwap', message: `Record was at ${String(cid)}` }]

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

  const commit = { cid: expect.stringMatching(CID), rev: expect.stringMatching(TID) }
  const create = (input: object = {}) =>
    app(CREATE, { input: { repo, collection, record: { text: 'hi' }, ...input } })
  const put = (rkey: string, input: object = {}) =>
    app(PUT, { input: { repo, collection, rkey, record: { text: 'hi' }, ...input } })
  const get = (rkey: string, more: object = {}) =>
    scene.nobody(GET, { params: { repo, collection, rkey, ...more } })
  const remove = (rkey: string, more: object = {}) => app(DELETE, { input: { repo, collection, rkey, ...more } })
  const list = (params: object = {}) =>
    scene.nobody(LIST, { params: { repo, collection: 'com.example.list', ...params } })
  const apply = (writes: readonly object[], more: object = {}) => app(APPLY, { input: { repo, writes, ...more } })

  describe('one record', () => {
    test('is created, with a key of its own and its $type', async () => {
      const created = await create()
      expect(created.json).toEqual({
        uri: `at://${repo}/${collection}/${keyOf(created)}`,
        cid: expect.stringMatching(CID),
        commit,
        validationStatus: 'unknown',
      })
      expect(keyOf(created)).toMatch(TID)
      const { uri, cid } = created.json
      const value = { text: 'hi', $type: collection }
      expect(shown(await get(keyOf(created)))).toEqual([200, { uri, cid, value }])
    })

    test('has a key that grows, and a CID of its content', async () => {
      const [first, second] = [await create(), await create({ record: { $type: collection, text: 'hi' } })]
      expect(keyOf(second) > keyOf(first)).toBe(true)
      expect(second.json.cid).toBe(first.json.cid)
      expect((await create({ record: { text: 'ho' } })).json.cid).not.toBe(first.json.cid)
    })

    test('may have a key that was given, once', async () => {
      expect((await create({ rkey: 'given' })).json.uri).toBe(`at://${repo}/${collection}/given`)
      expect(outcomeOf(await create({ rkey: 'given' }))).toBe('500 InternalServerError')
    })

    test('is written by handle, and only to a repository of one’s own', async () => {
      expect((await create({ repo: scene.alice.handle })).json.uri).toContain(`at://${repo}/`)
      const foreign = await create({ repo: scene.bob.did })
      expect(shown(foreign)).toEqual([
        401,
        { error: 'AuthenticationRequired', message: 'Authentication Required' },
      ])
      const missing = await create({ repo: STRANGER })
      expect(shown(missing)).toEqual([403, { error: 'AccountNotFound', message: 'Account not found' }])
      expect(outcomeOf(await put('x', { repo: scene.bob.did }))).toBe('401 AuthenticationRequired')
      expect(outcomeOf(await remove('x', { repo: scene.bob.did }))).toBe('401 AuthenticationRequired')
      expect(outcomeOf(await remove('x', { repo: STRANGER }))).toBe('403 AccountNotFound')
    })

    test('is of the type of its collection', async () => {
      const refused = await create({ record: { $type: 'com.example.other' } })
      const message = 'Invalid $type: expected com.example.note, got com.example.other'
      expect(shown(refused)).toEqual([400, { error: 'InvalidRequest', message }])
      expect((await put('x', { record: { $type: 5 } })).json.message).toBe(
        'Invalid $type: expected com.example.note, got 5',
      )
    })

    test('holds no fraction', async () => {
      const kinds = 'null, boolean, integer, string, cid, bytes, array or object'
      expect((await create({ record: { list: [{ n: 1.5 }] } })).json).toEqual({
        error: 'InvalidRequest',
        message: `Expected one of ${kinds} value type (got 1.5) at $.record.list[0].n`,
      })
      expect((await create({ record: { n: 1, none: null } })).status).toBe(200)
    })

    test('is validated only where it can be', async () => {
      expect((await create({ validate: true })).json.message).toBe('Unknown lexicon type: com.example.note')
      expect((await create({ validate: false })).json).toEqual({
        uri: expect.any(String),
        cid: expect.any(String),
        commit,
      })
    })

    test('that is not there is not located', async () => {
      const { json } = await create({ rkey: 'located' })
      expect(shown(await get('nope'))).toEqual([
        400,
        { error: 'RecordNotFound', message: `Could not locate record: at://${repo}/${collection}/nope` },
      ])
      expect((await get('located', { cid: String(json.cid) })).status).toBe(200)
      const other = (await create({ record: { text: 'other' } })).json.cid
      expect(outcomeOf(await get('located', { cid: String(other) }))).toBe('400 RecordNotFound')
      expect((await get('located', { repo: scene.alice.handle })).json.uri).toBe(json.uri)
      expect(shown(await get('located', { repo: STRANGER }))).toEqual([
        400,
        { error: 'InvalidRequest', message: 'Could not locate record' },
      ])
    })
  })

  describe('putting', () => {
    test('creates, changes, and leaves alone what is the same', async () => {
      const first = await put('put')
      expect(first.json).toEqual({
        uri: expect.any(String),
        cid: expect.any(String),
        commit,
        validationStatus: 'unknown',
      })
      const { commit: _commit, ...unchanged } = first.json
      expect((await put('put')).json).toEqual(unchanged)
      const changed = await put('put', { record: { text: 'ho' } })
      expect(changed.json).toMatchObject({ uri: first.json.uri, commit })
      expect((await get('put')).json.value).toEqual({ text: 'ho', $type: collection })
    })

    test('expects a record', async () => {
      const { cid } = (await put('swap')).json
      const newest = await put('swap', { record: { text: '2' }, swapRecord: cid })
      expect(newest.status).toBe(200)
      const next = { record: { text: '3' } }
      expect(shown(await put('swap', { ...next, swapRecord: cid }))).toEqual(recordWas(newest.json.cid))
      expect(shown(await put('swap', { ...next, swapRecord: null }))).toEqual(recordWas(newest.json.cid))
      expect(shown(await put('new', { ...next, swapRecord: cid }))).toEqual(recordWas(null))
      expect((await put('new', { ...next, swapRecord: null })).status).toBe(200)
    })

    test('expects a commit, unless nothing changes', async () => {
      const first = await put('commit')
      const stale = (first.json.commit as { cid: string }).cid
      const second = await put('commit', { record: { text: '2' }, swapCommit: stale })
      const { cid } = second.json.commit as { cid: string }
      const was = [400, { error: 'InvalidSwap', message: `Commit was at ${cid}` }]
      expect(shown(await put('commit', { record: { text: '3' }, swapCommit: stale }))).toEqual(was)
      expect(shown(await create({ swapCommit: stale }))).toEqual(was)
      expect((await put('commit', { record: { text: '2' }, swapCommit: stale })).status).toBe(200)
    })
  })

  describe('deleting', () => {
    test('deletes once, and says nothing of what is not there', async () => {
      await put('gone')
      expect((await remove('gone')).json).toEqual({ commit })
      expect(outcomeOf(await get('gone'))).toBe('400 RecordNotFound')
      expect(shown(await remove('gone'))).toEqual([200, {}])
    })

    test('expects a record and a commit', async () => {
      const { json } = await put('kept')
      const other = (await create({ record: { text: 'other' } })).json
      const { cid } = other.commit as { cid: string }
      expect((await remove('kept', { swapRecord: other.cid })).json.message).toBe(
        `Record was at ${String(json.cid)}`,
      )
      expect((await remove('kept', { swapCommit: json.cid })).json.message).toBe(`Commit was at ${cid}`)
      // Where nothing is to be there, nothing is to be deleted: other than for putting, null is no value.
      expect((await remove('kept', { swapRecord: null })).json.message).toBe(
        'Expected string value type (got null) at $.swapRecord',
      )
      expect((await remove('kept', { swapRecord: json.cid, swapCommit: cid })).json).toEqual({ commit })
    })
  })

  describe('a list', () => {
    beforeAll(async () => {
      for (const rkey of ['a3', 'a1', 'a5', 'a2', 'a4']) {
        await put(rkey, { collection: 'com.example.list', record: { rkey } })
      }
    })

    test('is newest first, in pages, with a cursor on the last one too', async () => {
      expect(page(await list())).toEqual(['a5 a4 a3 a2 a1', 'a1'])
      expect(page(await list({ limit: '2' }))).toEqual(['a5 a4', 'a4'])
      expect(page(await list({ limit: '2', cursor: 'a4' }))).toEqual(['a3 a2', 'a2'])
      expect(page(await list({ limit: '2', cursor: 'a2' }))).toEqual(['a1', 'a1'])
      expect(shown(await list({ cursor: 'a1' }))).toEqual([200, { records: [] }])
      expect(page(await list({ cursor: '' }))).toEqual(['a5 a4 a3 a2 a1', 'a1'])
    })

    test('may be oldest first, and begin between two', async () => {
      expect(page(await list({ reverse: 'true', limit: '2' }))).toEqual(['a1 a2', 'a2'])
      expect(page(await list({ reverse: 'true', limit: '2', cursor: 'a2' }))).toEqual(['a3 a4', 'a4'])
      expect(page(await list({ cursor: 'a3x' }))).toEqual(['a3 a2 a1', 'a1'])
    })

    test('shows whole records, by handle too', async () => {
      const { records } = (await list({ repo: scene.alice.handle, limit: '1' })).json
      const value = { rkey: 'a5', $type: 'com.example.list' }
      expect(records).toEqual([
        { uri: `at://${repo}/com.example.list/a5`, cid: expect.stringMatching(CID), value },
      ])
    })

    test('is of somebody', async () => {
      expect(shown(await list({ repo: 'nobody.test' }))).toEqual([
        400,
        { error: 'InvalidRequest', message: 'Could not find repo: nobody.test' },
      ])
    })

    test('of all collections is in the description of the repository', async () => {
      const { did, handle } = scene.alice
      const described = await scene.nobody('com.atproto.repo.describeRepo', { params: { repo: handle } })
      expect(described.json).toMatchObject({ did, handle, handleIsCorrect: true, didDoc: { id: did } })
      expect(described.json.collections).toContain('com.example.list')
      const missing = await scene.nobody('com.atproto.repo.describeRepo', { params: { repo: STRANGER } })
      expect(shown(missing)).toEqual([
        400,
        { error: 'RepoNotFound', message: `Could not find repo for DID: ${STRANGER}` },
      ])
    })
  })

  describe('several writes', () => {
    test('are one commit with a result each', async () => {
      await Promise.all([put('w1'), put('w2')])
      const written = { uri: expect.any(String), cid: expect.stringMatching(CID), validationStatus: 'unknown' }
      expect((await apply([createOf(), updateOf('w1'), deleteOf('w2')])).json).toEqual({
        commit,
        results: [
          { $type: `${APPLY}#createResult`, ...written },
          { $type: `${APPLY}#updateResult`, ...written, uri: `at://${repo}/${collection}/w1` },
          { $type: `${APPLY}#deleteResult` },
        ],
      })
      expect(outcomeOf(await get('w2'))).toBe('400 RecordNotFound')
      expect((await apply([])).json).toEqual({ commit, results: [] })
      expect((await apply([createOf('same'), deleteOf('same')])).status).toBe(200)
      expect((await apply([createOf('twice'), updateOf('twice')])).status).toBe(200)
      expect((await get('twice')).json.value).toEqual({ text: 'new', $type: collection })
      expect((await apply([deleteOf('twice'), createOf('twice')])).status).toBe(200)
      expect((await get('twice')).json.value).toEqual({ text: 'many', $type: collection })
    })

    test('are all made or none', async () => {
      for (const bad of [updateOf('missing'), deleteOf('missing'), createOf('w1')]) {
        expect(outcomeOf(await apply([createOf('atomic'), bad]))).toBe('500 InternalServerError')
        expect(outcomeOf(await get('atomic'))).toBe('400 RecordNotFound')
      }
    })

    test('are at most two hundred, each of a known kind', async () => {
      const tooMany = await apply(Array.from({ length: 201 }, () => createOf()))
      expect(tooMany.json.message).toBe('Too many writes. Max: 200')
      const [create1, update1, delete1] = ['create', 'update', 'delete'].map((action) => `"${APPLY}#${action}"`)
      expect((await apply([{ ...createOf(), $type: 'x.y.z#create' }])).json.message).toBe(
        `Expected one of ${create1}, ${update1} or ${delete1} (got "x.y.z#create") at $.writes[0].$type`,
      )
      expect((await apply([{ collection, value: {} }])).json.message).toBe(
        'Expected an object which includes the "$type" property value type (got {"collection": ..., "value": ...}) at $.writes[0]',
      )
      expect(outcomeOf(await apply([createOf()], { swapCommit: `bafyrei${'a'.repeat(52)}` }))).toBe(
        '400 InvalidSwap',
      )
      expect(outcomeOf(await apply([createOf()], { repo: scene.bob.did }))).toBe('401 AuthenticationRequired')
    })
  })
})
