import { nsid, type Validator, XrpcError } from 'atproof'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { InvalidOutput } from '../../../src/xrpc/validator.ts'
import { failureOf } from '../scene.ts'
import { all, alicesMemos } from './alices-memos.ts'
import { exampleService } from './example-service.ts'
import { PERMISSIVE } from './permissive-validator.ts'

const GET = nsid('com.example.getThings')
const LIST = 'com.atproto.repo.listRecords'
const GET_RECORD = 'com.atproto.repo.getRecord'
const UPLOAD = 'com.atproto.repo.uploadBlob'

/** Refuses the first field of an output. */
const REFUSING: Validator = {
  ...PERMISSIVE,
  output: (_, value) => {
    const [[name, text] = []] = Object.entries(value ?? {})
    throw new InvalidOutput(`output.${name}`, 'no such field', text)
  },
}

/** Whatever an app could log of an error. */
const logged = (error: unknown) =>
  `${error} ${JSON.stringify(error)} ${inspect(error, { depth: 10, showHidden: true })}`

/** Alice's PDS, which repeats the token of a request in its answer, wherever a test says. */
async function repeatingPds(method: string, answer: (token: string) => unknown) {
  const scene = await alicesMemos()
  const tokens: string[] = []
  scene.network.respond(method, (request) => {
    const token = request.headers.get('authorization')?.split(' ')[1] ?? ''
    tokens.push(token)
    return answer(token)
  })
  const client = scene.client.with({ retry: { limit: 0 } })
  return { ...scene, client, memos: client.records('com.example.memo'), tokens }
}

function expectRefused(error: unknown, tokens: readonly string[], code = 'response_invalid') {
  expect(error).toMatchObject({ name: 'XrpcError', code })
  const [token = ''] = tokens
  expect(token.length).toBeGreaterThan(20)
  expect(logged(error)).not.toContain(token)
}

const answers: readonly (readonly [what: string, answer: (token: string) => Response])[] = [
  ['a content type', (token) => new Response('x', { headers: { 'content-type': `text/${token}` } })],
  ['the name of an error', (token) => Response.json({ error: `No${token}` }, { status: 400 })],
  ['the message of an error', (token) => Response.json({ error: 'No', message: `not ${token}` }, { status: 400 })],
]

test.each(answers)('[M5] an error shows no token that a server repeats in %s', async (_, answer) => {
  const { client, tokens } = await repeatingPds(GET, answer)
  const error = await failureOf(client.get(GET))
  expectRefused(error, tokens, error.code)
  expect(error.message).toContain('[secret]')
})

test('[M5] an error shows no token where a validator refuses what a server repeats', async () => {
  const { client, tokens } = await repeatingPds(GET, (token) => ({ [token]: token }))
  const error = await failureOf(client.with({ validate: REFUSING }).get(GET))
  expectRefused(error, tokens)
  expect(error).toMatchObject({ field: 'output.[secret]', found: '[secret]' })
})

test.each<[string, (token: string) => unknown]>([
  ['a cursor', (token) => ({ records: [], cursor: token })],
  ['a cursor that is no text', (token) => ({ records: [], cursor: { token } })],
  ['a list that is none', (token) => ({ records: { token } })],
  ['a type', (token) => ({ records: [{ uri: 'at://a', cid: 'b', value: { $type: token } }] })],
  [
    'a type with a name',
    (token) => ({ records: [{ uri: 'at://a', cid: 'b', value: { $type: `a.b.c#${token}` } }] }),
  ],
  ['a record that is none', (token) => ({ records: [{ uri: 'at://a', cid: 'b', value: token }] })],
  ['a URI that is none', (token) => ({ records: [{ uri: [token], cid: 'b', value: {} }] })],
])('[M5] the error of a list shows no token that a server repeats in %s', async (_, answer) => {
  const { memos, tokens } = await repeatingPds(LIST, answer)
  expectRefused(await failureOf(all(memos.list())), tokens)
})

test('[M5] the error of a page shows no token that a server repeats in the name of a list', async () => {
  const { client, tokens } = await repeatingPds(GET, (token) => ({ things: [], [token]: [] }))
  const error = await failureOf(all(client.paginate(GET)))
  expectRefused(error, tokens)
  expect(error.action).toBe('name the one whose items you want in `items`: things')
})

test('[M5] the errors of a record and of an upload show no token that a server repeats', async () => {
  const record = await repeatingPds(GET_RECORD, (token) => ({ uri: 'at://a', value: { $type: token } }))
  expectRefused(await failureOf(record.memos.get('self')), record.tokens)
  const upload = await repeatingPds(UPLOAD, (token) => ({ blob: token }))
  expectRefused(await failureOf(upload.client.uploadBlob(new Blob(['x']))), upload.tokens)
})

test('[M5] an error names the type that a record has, which is no secret', async () => {
  const { memos } = await repeatingPds(GET_RECORD, () => ({
    uri: 'at://a/b/c',
    value: { $type: 'com.example.other#x' },
  }))
  expect(await failureOf(memos.get('self'))).toMatchObject({
    field: 'value.$type',
    expected: 'com.example.memo',
    found: 'com.example.other#x',
  })
})

test('[M5] an error shows no token of a header of its own that a service repeats', async () => {
  const token = 'a-service-token-of-its-own'
  const { client } = exampleService([
    () => Response.json({ error: 'BadJwt', message: `no: Bearer ${token}` }, { status: 401 }),
  ])
  const error = await failureOf(client.get(GET, { headers: { authorization: `Bearer ${token}` } }))
  expect(error).toBeInstanceOf(XrpcError)
  expect(error.message).toContain('no: Bearer [secret]')
  expect(logged(error)).not.toContain(token)
})

test('[M5] what is too short to be a token stays in the words of a service', async () => {
  const { client } = exampleService([() => Response.json({ error: 'No', message: 'nothing' }, { status: 401 })])
  const error = await failureOf(client.get(GET, { headers: { authorization: 'Basic n' } }))
  expect(error.message).toContain('nothing')
})
