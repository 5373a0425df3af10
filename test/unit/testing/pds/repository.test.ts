import { fakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'
import { isCid } from '../../../../src/testing/pds/cid.ts'
import { bearer, pdsScene } from './scene.ts'

const CREATE = 'com.atproto.repo.createRecord'

async function writer() {
  const scene = pdsScene()
  const headers = bearer((await scene.logIn()).accessJwt)
  const create = (record: object, more: object = {}) =>
    scene.call(CREATE, headers, { repo: scene.alice.did, collection: 'com.example.note', record, ...more })
  return { ...scene, headers, create }
}

test('a record key says when it was made, and grows while the clock stands still', async () => {
  const { network, create } = await writer()
  const keys: string[] = []
  for (let index = 0; index < 3; index += 1) keys.push(String((await create({})).json.uri).slice(-13))
  expect(keys).toEqual(keys.toSorted())
  expect(new Set(keys).size).toBe(3)
  await network.clock.advance(1)
  expect(String((await create({})).json.uri).slice(-13) > (keys.at(-1) ?? '')).toBe(true)
  const [first = ''] = keys
  const digits = [...first].map((digit) => BigInt('234567abcdefghijklmnopqrstuvwxyz'.indexOf(digit)))
  const microseconds = digits.reduce((sum, digit) => sum * 32n + digit, 0n) >> 10n
  expect(Number(microseconds / 1000n)).toBe(Date.UTC(2026, 0, 1))
})

test('the same test makes the same keys and CIDs', async () => {
  const [one, two] = [await writer(), await writer()]
  const [first, second] = [await one.create({ text: 'hi' }), await two.create({ text: 'hi' })]
  expect(first.json).toEqual(second.json)
})

test('equal records have equal CIDs, whatever the order of their keys', async () => {
  const { create } = await writer()
  const cidOf = async (record: object) => (await create(record)).json.cid
  const cid = await cidOf({ a: 1, b: { c: [1, 2], d: null } })
  expect(isCid(String(cid))).toBe(true)
  expect(await cidOf({ b: { d: null, c: [1, 2] }, a: 1 })).toBe(cid)
  expect(await cidOf({ a: 1, b: { c: [2, 1], d: null } })).not.toBe(cid)
})

test('an integer that JSON cannot carry is an error of the server', async () => {
  const { create } = await writer()
  expect((await create({ n: 2 ** 53 })).json.error).toBe('InternalServerError')
})

test('a blob of more than five megabytes is refused', async () => {
  const { network, headers } = await writer()
  const upload = async (size: number) => {
    const body = new Uint8Array(size)
    const url = `${network.pds}/xrpc/com.atproto.repo.uploadBlob`
    const all = { ...headers, 'content-type': 'image/png' }
    return (await network.fetch(url, { method: 'POST', body, headers: all })).status
  }
  expect([await upload(5_242_880), await upload(5_242_881)]).toEqual([200, 413])
})

test('who moves takes their records along', async () => {
  const { network, alice, create } = await writer()
  const { uri } = (await create({ text: 'hi' })).json
  network.addPds('https://pds2.example.com')
  alice.moveTo('https://pds2.example.com')
  const [, , repo = '', collection = '', rkey = ''] = String(uri).split('/')
  const query = new URLSearchParams({ repo, collection, rkey })
  const response = await network.fetch(`https://pds2.example.com/xrpc/com.atproto.repo.getRecord?${query}`)
  expect(await response.json()).toMatchObject({ uri, value: { text: 'hi' } })
})

test('a client of ours writes, reads, lists and deletes', async () => {
  const network = fakeNetwork()
  const client = await network.signIn('alice.test')
  const collection = 'com.example.note'
  const { data } = await client.post('com.atproto.repo.createRecord', {
    input: { repo: client.did, collection, record: { text: 'hi' } },
  })
  const list = () => client.get('com.atproto.repo.listRecords', { params: { repo: client.did, collection } })
  expect((await list()).data.records).toEqual([
    { uri: data.uri, cid: data.cid, value: { $type: collection, text: 'hi' } },
  ])
  const rkey = data.uri.split('/').at(-1) ?? ''
  await client.post('com.atproto.repo.deleteRecord', { input: { repo: client.did, collection, rkey } })
  expect((await list()).data.records).toEqual([])
})
