import { nsid, XrpcError } from 'atproof'
import { type InvalidEvent, validator, type ValidatorOptions } from 'atproof/lexicon'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { alicesMemos, all } from './alices-memos.ts'

const FIND = nsid('com.example.findMemos')
const COLLECTION = nsid('com.example.slip')
const DOCUMENTS = [
  {
    lexicon: 1,
    id: COLLECTION,
    defs: {
      main: {
        type: 'record',
        key: 'any',
        record: {
          type: 'object',
          required: ['text'],
          properties: { text: { type: 'string', maxGraphemes: 5 }, image: { type: 'blob', accept: ['image/*'] } },
        },
      },
    },
  },
  {
    lexicon: 1,
    id: FIND,
    defs: {
      main: {
        type: 'query',
        parameters: {
          type: 'params',
          required: ['text'],
          properties: {
            text: { type: 'string' },
            limit: { type: 'integer', maximum: 100, default: 50 },
            tags: { type: 'array', items: { type: 'string' } },
          },
        },
        output: {
          encoding: 'application/json',
          schema: {
            type: 'object',
            required: ['memos'],
            properties: { memos: { type: 'array', items: { type: 'unknown' } } },
          },
        },
      },
    },
  },
]

/** Alice's client checks what she sends and gets; the service of memos answers what it is told. */
async function checkedAlice(answer: unknown = { memos: [] }, options: ValidatorOptions = {}) {
  const scene = await alicesMemos()
  const events: InvalidEvent[] = []
  const validate = validator(DOCUMENTS, { onEvent: (event) => events.push(event), ...options })
  scene.network.respond(FIND, () => answer)
  return { ...scene, events, client: scene.client.with({ validate }) }
}

test('[J2] [K7] sends the defaults of the lexicon with the parameters', async () => {
  const { client, queriesTo } = await checkedAlice()
  await client.get(FIND, { params: { text: 'a', tags: ['b', 'c'] } })
  await client.get(FIND, { params: { text: 'a', limit: 7, later: true } })
  expect(queriesTo(FIND).map(String)).toEqual(['text=a&tags=b&tags=c&limit=50', 'text=a&limit=7&later=true'])
})

test('[J2] sends no defaults where nothing is checked', async () => {
  const { client, queriesTo } = await checkedAlice({ memos: [] }, { params: 'off' })
  await client.get(FIND, { params: { limit: 1000 } })
  expect(queriesTo(FIND).map(String)).toEqual(['limit=1000'])
})

test('[K3] refuses wrong parameters with their path, before anything is sent', async () => {
  const { client, network } = await checkedAlice()
  const failure = await failureOf(client.get(FIND, { params: { text: 'a', limit: 101 } }))
  expect(failure).toBeInstanceOf(TypeError)
  expect(failure.message).toBe('params.limit: expected at most 100, found 101')
  expect(network.log).toHaveLength(0)
})

test('[K6] refuses a wrong record with its path, before anything is sent', async () => {
  const { client, network } = await checkedAlice()
  const failure = await failureOf(client.records(COLLECTION).create({ text: 'too long' }))
  expect(failure).toBeInstanceOf(TypeError)
  expect(failure.message).toBe('input.record.text: expected at most 5 graphemes, found 8')
  expect(network.log).toHaveLength(0)
})

test('[K2] [K16] writes and reads a record with each field that it has', async () => {
  const { client } = await checkedAlice({ memos: [] }, { output: 'strict' })
  const memos = client.records(COLLECTION)
  const record = { text: 'a', later: { $future: [1, null] } }
  await memos.put('one', record)
  expect((await memos.get('one')).data.value).toEqual({ $type: COLLECTION, ...record })
})

test('[K10] writes a blob as the server gave it, and none of the old form', async () => {
  const { client } = await checkedAlice()
  const { blob } = (await client.uploadBlob(new Blob(['hello'], { type: 'image/png' }))).data
  await client.records(COLLECTION).put('picture', { text: 'a', image: blob })
  const { ref, mimeType } = blob
  const old = { text: 'a', image: { cid: ref.$link, mimeType } }
  expect((await failureOf(client.records(COLLECTION).create(old))).message).toContain(
    'input.record.image: expected a blob',
  )
})

test('[K3] [K15] refuses a wrong output with its path, as an answer that does not fit', async () => {
  const { client } = await checkedAlice({ memos: [{ text: 'a' }, 'b'] }, { output: 'strict' })
  const failure = await failureOf(client.get(FIND, { params: { text: 'a' } }))
  expect(failure).toBeInstanceOf(XrpcError)
  expect(failure).toMatchObject({
    code: 'response_invalid',
    nsid: FIND,
    status: 200,
    retryable: false,
    field: 'output.memos[1]',
    expected: 'an object',
  })
})

test('an answer that does not fit is not kept in its error', async () => {
  const { client } = await checkedAlice({ memos: { accessJwt: 'a-token' } }, { output: 'strict' })
  const failure = await failureOf(client.get(FIND, { params: { text: 'a' } }))
  expect(failure).toMatchObject({ field: 'output.memos', expected: 'an array', found: 'an object' })
  expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('a-token')
})

test('[K2] gives a right output as it came, with what its lexicon does not know', async () => {
  const answer = { memos: [{ text: 'a' }], later: { $future: 1 } }
  const { client, events } = await checkedAlice(answer, { output: 'strict' })
  expect((await client.get(FIND, { params: { text: 'a' } })).data).toEqual(answer)
  expect(events).toEqual([])
})

test('[J4] refuses an answer of another media type than the lexicon says', async () => {
  const { client } = await checkedAlice(new Response('a', { headers: { 'content-type': 'text/csv' } }), {
    output: 'strict',
  })
  expect(await failureOf(client.get(FIND, { params: { text: 'a' }, as: 'bytes' }))).toMatchObject({
    code: 'response_invalid',
    field: 'content-type',
    expected: 'application/json',
    found: 'text/csv',
  })
})

test('tells of a wrong output, and gives it all the same', async () => {
  const answer = { memos: 'none', secret: 'correct horse' }
  const { client, events } = await checkedAlice(answer)
  expect((await client.get(FIND, { params: { text: 'a' } })).data).toEqual(answer)
  expect(events).toEqual([
    { type: 'invalid', nsid: FIND, part: 'output', field: 'output.memos', expected: 'an array' },
  ])
})

test('tells of wrong parameters and a wrong input, and sends them', async () => {
  const { client, events, network } = await checkedAlice({ memos: [] }, { params: 'warn', input: 'warn' })
  await client.get(FIND, { params: { text: 'a', limit: 101 } })
  await client.records(COLLECTION).put('one', { text: 'too long' })
  expect(events).toEqual([
    { type: 'invalid', nsid: FIND, part: 'params', field: 'params.limit', expected: 'at most 100' },
    {
      type: 'invalid',
      nsid: 'com.atproto.repo.putRecord',
      part: 'input',
      field: 'input.record.text',
      expected: 'at most 5 graphemes',
    },
  ])
  expect(network.log.to('/xrpc/com.atproto.repo.putRecord').at(-1)?.status).toBe(200)
})

test.each([
  [
    'throws',
    () => {
      throw new Error('the log is full')
    },
  ],
  ['rejects', () => Promise.reject(new Error('the log is full'))],
])('an event changes nothing where its hook %s', async (_, onEvent) => {
  const answer = { memos: 'none' }
  const { client } = await checkedAlice(answer, { onEvent })
  expect((await client.get(FIND, { params: { text: 'a' } })).data).toEqual(answer)
})

test('a method and a collection that no document has are not checked', async () => {
  const { client, network } = await checkedAlice({ memos: [] }, { output: 'strict' })
  const other = nsid('com.example.other')
  network.respond(other, () => ({ anything: [0.5] }))
  expect((await client.get(other, { params: { any: 1 } })).data).toEqual({ anything: [0.5] })
  const letters = client.records(nsid('com.example.letter'))
  await letters.put('one', { text: 'as long as it likes' })
  expect(await all(letters.list())).toHaveLength(1)
})

test('a client without a validator checks nothing', async () => {
  const { network, client } = await alicesMemos()
  network.respond(FIND, () => ({ memos: 'none' }))
  expect((await client.get(FIND, { params: { limit: 101 } })).data).toEqual({ memos: 'none' })
})
