import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { XRPC_DIFFERENCES } from './xrpc-differences.ts'
import { openXrpcScene, outcomeOf, type Xrpc, XRPC_WORLDS, type XrpcScene } from './xrpc-scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const CREATE = 'com.atproto.repo.createRecord'
const LIST = 'com.atproto.repo.listRecords'
const GET = 'com.atproto.repo.getRecord'
const { validation, recordCid, serviceTokenAlgorithm, appviewMethod } = XRPC_DIFFERENCES

describe.each(XRPC_WORLDS)('on %s', (_, open) => {
  let scene: XrpcScene
  let app: Xrpc
  beforeAll(async () => {
    scene = await openXrpcScene(open)
    app = await scene.signIn()
  })
  afterAll(() => scene.world.close())
  const refusalOf = async (authorization: string) =>
    (await scene.nobody(GET_SESSION, { headers: { authorization } })).json.message
  const refusalOfBody = async (headers: Record<string, string>) =>
    (await app(CREATE, { method: 'POST', body: new Uint8Array([1]), headers })).json.message

  const create = async (collection: string, record: object) =>
    (await app('com.atproto.repo.createRecord', { input: { repo: scene.alice.did, collection, record } })).json

  describe('who calls', () => {
    test.each([
      ['nobody', '', '401 AuthMissing'],
      ['Basic', 'Basic YTpi', '400 InvalidToken'],
      ['a scheme of its own', 'Foo bar', '400 InvalidToken'],
      ['DPoP without a token', 'DPoP', '400 InvalidToken'],
      ['two blanks', 'DPoP  token', '400 InvalidToken'],
      ['Bearer and no JWT', 'Bearer token', '400 InvalidToken'],
    ])('%s', async (_name, authorization, outcome) => {
      const answer = await scene.nobody(GET_SESSION, { headers: authorization ? { authorization } : {} })
      expect(outcomeOf(answer)).toBe(outcome)
    })

    test('the refusals are worded alike', async () => {
      expect(await refusalOf('Foo bar')).toBe('Unsupported authorization type: Foo')
      expect(await refusalOf('Basic YTpi')).toBe('Unexpected authorization type')
      expect(await refusalOf('DPoP')).toBe('Malformed authorization header')
      expect(await refusalOf('Bearer a.b.c')).toBe('Token could not be verified')
    })

    test('a bad token is refused in a challenge that a browser can read', async () => {
      const answer = await scene.nobody(GET_SESSION, { headers: { authorization: 'DPoP a.b.c' } })
      expect(outcomeOf(answer)).toBe('401 invalid_token')
      expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP algs="[^"]*ES256[^"]*", error="invalid_token"/)
      expect(answer.headers.get('access-control-expose-headers')).toBe('DPoP-Nonce, WWW-Authenticate')
      expect(answer.headers.get('dpop-nonce')).toBeTruthy()
    })

    test('a public method looks at no token, and gives no nonce', async () => {
      const answer = await scene.nobody('com.atproto.server.describeServer', {
        headers: { authorization: 'DPoP a.b.c' },
      })
      expect(answer.status).toBe(200)
      expect([answer.headers.get('dpop-nonce'), answer.headers.get('cache-control')]).toEqual([null, null])
    })

    test('parameters are checked first, then the caller, then the input', async () => {
      expect((await scene.nobody('com.atproto.sync.getBlob')).json.error).toBe('InvalidRequest')
      expect((await scene.nobody(CREATE, { input: {} })).json.error).toBe('AuthMissing')
    })
  })

  describe('what is called', () => {
    test.each<[string, string, string, string]>([
      ['an unknown method', 'GET', 'com.example.unknown', 'No service configured for com.example.unknown'],
      [
        'an unknown method by POST',
        'POST',
        'com.example.unknown',
        'No service configured for com.example.unknown',
      ],
      ['no NSID', 'GET', 'nope', 'No service configured for nope'],
      ['nothing', 'GET', '', 'invalid xrpc path'],
      ['a query by POST', 'POST', GET_SESSION, 'Incorrect HTTP method (POST) expected GET'],
      ['a procedure by GET', 'GET', CREATE, 'Incorrect HTTP method (GET) expected POST'],
      ['PUT', 'PUT', GET_SESSION, 'XRPC requests only supports GET and POST'],
      ['DELETE', 'DELETE', 'com.example.unknown', 'XRPC requests only supports GET and POST'],
    ])('%s', async (_name, method, nsid, message) => {
      const { status, json } = await scene.nobody(nsid, { method })
      expect({ status, json }).toEqual({ status: 400, json: { error: 'InvalidRequest', message } })
    })

    test('HEAD is GET without a body', async () => {
      const answer = await app(GET_SESSION, { method: 'HEAD' })
      expect([answer.status, answer.json]).toEqual([200, { text: '' }])
    })

    test('a path that is not of XRPC is not found', async () => {
      expect((await scene.world.fetch(`${scene.world.pds}/xrpc`)).status).toBe(404)
    })

    test('_health says a version', async () => {
      expect((await scene.nobody('_health')).json).toEqual({ version: expect.any(String) })
    })
  })

  describe('browsers', () => {
    test('every answer is open to every origin, and shows the nonce', async () => {
      const { headers } = await app(GET_SESSION, { headers: { origin: 'https://app.example.com' } })
      expect(headers.get('access-control-allow-origin')).toBe('*')
      expect(headers.get('access-control-expose-headers')).toBe('DPoP-Nonce')
      expect(headers.get('cache-control')).toBe('private')
      expect(headers.get('vary')).toMatch(/^Authorization/)
    })

    test('JSON says its charset, whatever it tells', async () => {
      const answers = await Promise.all([
        app(GET_SESSION),
        scene.nobody(GET_SESSION),
        scene.nobody('com.example.unknown'),
        scene.nobody('_health'),
      ])
      expect(answers.map(({ status }) => status)).toEqual([200, 401, 400, 200])
      for (const { headers } of answers)
        expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    })

    test('a preflight allows what it is asked for', async () => {
      const asked = 'authorization,dpop,atproto-proxy'
      const { status, headers } = await scene.nobody(GET_SESSION, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://app.example.com',
          'access-control-request-method': 'GET',
          'access-control-request-headers': asked,
        },
      })
      const of = (name: string) => headers.get(`access-control-${name}`)
      expect(status).toBe(204)
      expect([of('allow-origin'), of('allow-headers'), of('max-age')]).toEqual(['*', asked, '86400'])
      expect(of('allow-methods')).toBe('GET,HEAD,PUT,PATCH,POST,DELETE')
    })
  })

  describe('parameters', () => {
    const [repo, collection] = ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'com.example.note']
    test.each<[string, Record<string, string>, string]>([
      [GET, {}, 'Missing required key "repo"'],
      [GET, { repo: 'x', collection, rkey: 'a' }, 'Invalid AT identifier (got "x")'],
      [GET, { repo, collection: 'nope', rkey: 'a' }, 'Invalid NSID (got "nope")'],
      [GET, { repo, collection, rkey: 'a b' }, 'Invalid record key (got "a b")'],
      [GET, { repo, collection, rkey: 'a', cid: 'nope' }, 'Invalid CID string (got "nope")'],
      [LIST, { repo, collection, limit: '0' }, 'integer too small (minimum 1, got 0)'],
      [LIST, { repo, collection, limit: '101' }, 'integer too big (maximum 100, got 101)'],
      [LIST, { repo, collection, limit: 'abc' }, 'Expected integer value type (got "abc")'],
      [LIST, { repo, collection, limit: '1.5' }, 'Expected integer value type (got "1.5")'],
      [LIST, { repo, collection, reverse: 'maybe' }, 'Expected boolean value type (got "maybe")'],
      ['com.atproto.identity.resolveHandle', { handle: 'nope' }, 'Invalid handle (got "nope")'],
      ['com.atproto.sync.getBlob', { did: 'nope', cid: 'x' }, 'Invalid DID (got "nope")'],
    ])('%s %o', async (nsid, params, message) => {
      const { status, json } = await scene.nobody(nsid, { params })
      expect({ status, json }).toEqual({
        status: 400,
        json: { error: 'InvalidRequest', message: `Invalid ${nsid} params: ${message}` },
      })
    })
  })

  describe('input', () => {
    const json = { 'content-type': 'application/json' }
    const valid = { collection: 'com.example.note', record: {} }
    test.each<[string, unknown, string]>([
      ['no repo', valid, 'Missing required key "repo" at $'],
      ['a number as repo', { ...valid, repo: 5 }, 'Expected string value type (got 5) at $.repo'],
      ['no identifier as repo', { ...valid, repo: 'nope' }, 'Invalid AT identifier (got "nope") at $.repo'],
      ['no NSID', { ...valid, repo: 'a.b', collection: 'nope' }, 'Invalid NSID (got "nope") at $.collection'],
      [
        'a text as record',
        { ...valid, repo: 'a.b', record: 'x' },
        'Expected object value type (got "x") at $.record',
      ],
      [
        'null as record',
        { ...valid, repo: 'a.b', record: null },
        'Expected object value type (got null) at $.record',
      ],
      [
        'a list as record',
        { ...valid, repo: 'a.b', record: [] },
        'Expected object value type (got []) at $.record',
      ],
      [
        'a text as validate',
        { ...valid, repo: 'a.b', validate: 'yes' },
        'Expected boolean value type (got "yes") at $.validate',
      ],
      ['a bad key', { ...valid, repo: 'a.b', rkey: 'a/b' }, 'Invalid record key (got "a/b") at $.rkey'],
      ['a dot as key', { ...valid, repo: 'a.b', rkey: '.' }, 'Invalid record key (got ".") at $.rkey'],
      [
        'a long key',
        { ...valid, repo: 'a.b', rkey: 'a'.repeat(513) },
        'string too big (maximum 512, got 513) at $.rkey',
      ],
      ['no CID', { ...valid, repo: 'a.b', swapCommit: 'nope' }, 'Invalid CID string (got "nope") at $.swapCommit'],
      ['a list', [], 'Expected object value type (got []) at $'],
    ])('%s', async (_name, input, message) => {
      const answer = await app(CREATE, { input })
      expect([answer.status, answer.json]).toEqual([400, { error: 'InvalidRequest', message }])
    })

    test.each<[string, { body?: string; headers?: Record<string, string>; method?: string }, string]>([
      ['an empty body', { body: '', headers: json, method: 'POST' }, '400 InvalidRequest'],
      ['broken JSON', { body: '{oops', headers: json }, '400 SyntaxError'],
      ['a JSON string', { body: '"x"', headers: json }, '400 SyntaxError'],
      ['a text', { body: 'x', headers: { 'content-type': 'text/plain' } }, '400 InvalidRequest'],
      [
        'a type in capitals',
        { body: '{}', headers: { 'content-type': 'Application/JSON' } },
        '400 InvalidRequest',
      ],
      ['no body', { method: 'POST' }, '400 InvalidRequest'],
      [
        'more than a megabyte',
        { body: JSON.stringify('x'.repeat(1_000_000)), headers: json },
        '413 PayloadTooLargeError',
      ],
    ])('%s', async (_name, options, outcome) => {
      expect(outcomeOf(await app(CREATE, options))).toBe(outcome)
    })

    test('says which type it wants', async () => {
      expect(await refusalOfBody({ 'content-type': 'text/plain' })).toBe(
        'Wrong request encoding (Content-Type): text/plain',
      )
      expect(await refusalOfBody({})).toBe('Request encoding (Content-Type) required but not provided')
    })
  })

  describe('what differs', () => {
    test(validation.why, async () => {
      const record = { text: 'hi', createdAt: '2026-01-01T00:00:00Z' }
      const { validationStatus } = await create('app.bsky.feed.post', record)
      expect(validationStatus).toBe(validation[scene.world.kind])
    })

    test(recordCid.why, async () => {
      expect((await create('com.example.note', { text: 'x' })).cid).toBe(recordCid[scene.world.kind])
    })

    test(serviceTokenAlgorithm.why, async () => {
      const params = { aud: 'did:web:api.example.com', lxm: 'com.example.do' }
      const { token } = (await app('com.atproto.server.getServiceAuth', { params })).json
      const alg = serviceTokenAlgorithm[scene.world.kind]
      expect(decodeProtectedHeader(String(token))).toEqual({ typ: 'JWT', alg })
    })

    test(appviewMethod.why, async () => {
      expect(outcomeOf(await app('app.bsky.actor.getProfile'))).toBe(appviewMethod[scene.world.kind])
    })
  })
})
