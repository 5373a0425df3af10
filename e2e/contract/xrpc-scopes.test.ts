import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openXrpcScene, outcomeOf, shown, type Xrpc, XRPC_WORLDS, type XrpcScene } from './xrpc-scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const SERVICE_AUTH = 'com.atproto.server.getServiceAuth'
const APPLY = 'com.atproto.repo.applyWrites'
const SERVICE = 'did:web:app.atproof.internal'
const UNKNOWN = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

const lxm = 'com.example.do'

const writeOf = (action: string) => {
  const place = { $type: `${APPLY}#${action}`, collection: 'com.example.note', rkey: `${action}d` }
  return action === 'delete' ? place : { ...place, value: { text: crypto.randomUUID() } }
}
const lacks = (scope: string) => [
  403,
  { error: 'ScopeMissingError', message: `Missing required scope "${scope}"` },
]
const upload = (app: Xrpc, type: string) =>
  app('com.atproto.repo.uploadBlob', { body: 'abc', headers: { 'content-type': type } })
const serviceAuth = (app: Xrpc, params: Readonly<Record<string, string>>) => app(SERVICE_AUTH, { params })
const bad = (message: string) => [400, { error: 'BadExpiration', message }]

describe.each(XRPC_WORLDS)('on %s', (_, open) => {
  let scene: XrpcScene
  /** An app that may do everything, save chat. */
  let full: Xrpc
  beforeAll(async () => {
    scene = await openXrpcScene(open)
    full = await scene.signIn()
  })
  afterAll(() => scene.world.close())

  const write = (app: Xrpc, method: string, input: object = {}) =>
    app(`com.atproto.repo.${method}`, {
      input: { repo: scene.alice.did, collection: 'com.example.note', record: {}, ...input },
    })
  const apply = (app: Xrpc, ...actions: readonly string[]) =>
    app(APPLY, {
      input: {
        repo: scene.alice.did,
        writes: actions.map(writeOf),
      },
    })
  const inSeconds = (seconds: number) => String(Math.floor(scene.world.now() / 1000) + seconds)
  const ask = async (exp: number, more: object = { lxm }) =>
    shown(await serviceAuth(full, { aud: SERVICE, exp: inSeconds(exp), ...more }))
  const messageOf = async (params: Readonly<Record<string, string>>) =>
    (await serviceAuth(full, { aud: SERVICE, lxm, ...params })).json.message

  test('atproto alone lets one read, and do nothing', async () => {
    const app = await scene.signIn('atproto')
    expect((await app(GET_SESSION)).json).toEqual({
      did: scene.alice.did,
      handle: scene.alice.handle,
      active: true,
    })
    expect(shown(await write(app, 'createRecord'))).toEqual(lacks('repo:com.example.note?action=create'))
    expect(shown(await write(app, 'putRecord', { rkey: 'a' }))).toEqual(
      lacks('repo:com.example.note?action=create'),
    )
    expect(shown(await write(app, 'deleteRecord', { rkey: 'a' }))).toEqual(
      lacks('repo:com.example.note?action=delete'),
    )
    expect(shown(await apply(app, 'delete', 'update'))).toEqual(lacks('repo:com.example.note?action=update'))
    expect((await apply(app)).status).toBe(200)
    expect(shown(await upload(app, 'text/plain'))).toEqual(lacks('blob:text/plain'))
    const port = 'did:web:localhost%3A8080'
    expect(shown(await serviceAuth(app, { aud: port, lxm }))).toEqual(lacks(`rpc:${lxm}?aud=${port}`))
    expect(shown(await serviceAuth(app, { aud: `${port}#svc`, lxm }))).toEqual(
      lacks(`rpc:${lxm}?aud=${port}%23svc`),
    )
    expect(shown(await serviceAuth(app, { aud: SERVICE }))).toEqual(lacks(`rpc:*?aud=${SERVICE}`))
  })

  test.each([
    ['atproto', false],
    ['atproto transition:generic', false],
    ['atproto transition:email', true],
    ['atproto account:email', true],
    ['atproto account:email?action=manage', true],
    ['atproto account:status?action=manage', false],
  ])('%s shows the e-mail address: %s', async (scope, isShown) => {
    const { json } = await (await scene.signIn(scope))(GET_SESSION)
    expect(['email' in json, 'emailConfirmed' in json]).toEqual([isShown, isShown])
  })

  test('the scope that a person narrows is the one that counts', async () => {
    const approve: XrpcScene['alice']['approve'] = (url) =>
      scene.alice.approve(url, { scope: 'atproto transition:email' })
    const app = await scene.signIn('atproto transition:generic transition:email', { ...scene.alice, approve })
    expect((await app(GET_SESSION)).json.email).toEqual(expect.any(String))
    expect(shown(await write(app, 'createRecord'))).toEqual(lacks('repo:com.example.note?action=create'))
  })

  // Each line: what a scope lets one do of create, put, delete, another collection, several writes.
  test.each([
    ['repo:com.example.note', '200 200 200 403 200'],
    ['repo:com.example.note?action=create', '200 403 403 403 403'],
    ['repo:com.example.note?action=create&action=update', '200 200 403 403 200'],
    ['repo:*', '200 200 200 200 200'],
    ['repo:*?action=delete', '403 403 200 403 403'],
    ['repo?collection=com.example.note&collection=com.example.other', '200 200 200 200 200'],
    ['blob:*/*', '403 403 403 403 403'],
  ])('%s', async (scope, expected) => {
    await write(full, 'putRecord', { rkey: 'updated' })
    const app = await scene.signIn(`atproto ${scope}`)
    const answers = [
      await write(app, 'createRecord'),
      await write(app, 'putRecord', { rkey: 'put' }),
      await write(app, 'deleteRecord', { rkey: 'none' }),
      await write(app, 'createRecord', { collection: 'com.example.other' }),
      await apply(app, 'update'),
    ]
    expect(answers.map(({ status }) => status).join(' ')).toBe(expected)
  })

  test.each([
    ['blob:*/*', '200 200'],
    ['blob:image/*', '403 200'],
    ['blob:image/png', '403 200'],
    ['blob?accept=image/*&accept=text/plain', '200 200'],
    ['repo:*', '403 403'],
  ])('%s', async (scope, expected) => {
    const app = await scene.signIn(`atproto ${scope}`)
    const answers = [await upload(app, 'text/plain'), await upload(app, 'image/png')]
    expect(answers.map(({ status }) => status).join(' ')).toBe(expected)
  })

  test.each([
    [`rpc:com.example.do?aud=${SERVICE}%23svc`, '403 200 403 403'],
    ['rpc:com.example.do?aud=*', '200 200 403 403'],
    [`rpc:*?aud=${SERVICE}%23svc`, '403 200 403 403'],
    ['rpc?lxm=com.example.do&lxm=chat.bsky.convo.getLog&aud=*', '200 200 403 200'],
    ['transition:generic', '200 200 200 403'],
    ['transition:generic transition:chat.bsky', '200 200 200 200'],
  ])('%s', async (scope, expected) => {
    const app = await scene.signIn(`atproto ${scope}`)
    const answers = [
      await serviceAuth(app, { aud: SERVICE, lxm: 'com.example.do' }),
      await serviceAuth(app, { aud: `${SERVICE}#svc`, lxm: 'com.example.do' }),
      await serviceAuth(app, { aud: SERVICE }),
      await serviceAuth(app, { aud: SERVICE, lxm: 'chat.bsky.convo.getLog' }),
    ]
    expect(answers.map(({ status }) => status).join(' ')).toBe(expected)
  })

  describe('a service token', () => {
    test('says who, to whom, for what and how long', async () => {
      const { token } = (await serviceAuth(full, { aud: `${SERVICE}#svc`, lxm })).json
      const claims = decodeJwt(String(token))
      expect(claims).toEqual({
        iss: scene.alice.did,
        aud: `${SERVICE}#svc`,
        lxm,
        iat: expect.any(Number),
        exp: Number(claims.iat) + 60,
        jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      })
      const any = (await serviceAuth(full, { aud: SERVICE, exp: inSeconds(50) })).json
      expect(Object.keys(decodeJwt(String(any.token))).toSorted()).toEqual(['aud', 'exp', 'iat', 'iss', 'jti'])
    })

    test('lives an hour at most, and a minute where it is for any method', async () => {
      const isPast = 'expiration is in past'
      const anHour = 'cannot request a token with an expiration more than an hour in the future'
      const aMinute = 'cannot request a method-less token with an expiration more than a minute in the future'
      expect(await ask(-10)).toEqual(bad(isPast))
      expect(await ask(3610)).toEqual(bad(anHour))
      expect(await ask(70, {})).toEqual(bad(aMinute))
      expect((await ask(3590))[0]).toBe(200)
    })

    test('is for a DID, and for no method that is the account’s own affair', async () => {
      expect(await messageOf({ aud: 'nope' })).toBe('aud must be a valid atproto DID or did#serviceId reference')
      expect(await messageOf({ lxm: 'com.atproto.server.createAppPassword' })).toBe(
        'cannot request a service auth token for the following protected method: com.atproto.server.createAppPassword',
      )
      expect(await messageOf({ lxm: 'nope' })).toBe(`Invalid ${SERVICE_AUTH} params: Invalid NSID (got "nope")`)
      expect(await messageOf({ exp: 'x' })).toContain('params: Expected integer value type (got "x")')
    })

    test('is also for a password session', async () => {
      const password = scene.bearer((await scene.logIn()).accessJwt)
      const { token } = (await serviceAuth(password, { aud: SERVICE, lxm: 'chat.bsky.convo.getLog' })).json
      expect(decodeJwt(String(token)).iss).toBe(scene.alice.did)
    })
  })

  describe('a call that is passed on', () => {
    const seen: Request[] = []
    let answer: () => Response
    beforeAll(async () => {
      const serviceEndpoint = await scene.world.serve((request) => {
        seen.push(request)
        return answer()
      })
      const service = [{ id: '#svc', type: 'Service', serviceEndpoint }]
      await scene.world.publish('/.well-known/did.json', { id: SERVICE, service })
    })
    const proxy = { 'atproto-proxy': `${SERVICE}#svc` }

    test('carries a token of the account for this method, and little else', async () => {
      answer = () => Response.json({ ok: true }, { headers: { 'retry-after': '5', 'x-secret': 'x' } })
      const headers = { ...proxy, 'accept-language': 'de', 'atproto-accept-labelers': 'did:web:l', 'x-other': 'x' }
      const { status, json, headers: got } = await full('com.example.query', { params: { a: 'b' }, headers })
      expect([status, json]).toEqual([200, { ok: true }])
      expect([got.get('retry-after'), got.get('x-secret')]).toEqual(['5', null])
      expect(got.get('dpop-nonce')).toBeTruthy()
      const [request] = seen.splice(0)
      expect(request?.url).toMatch(/\/xrpc\/com\.example\.query\?a=b$/)
      const of = (name: string) => request?.headers.get(name) ?? null
      expect([of('accept-language'), of('atproto-accept-labelers')]).toEqual(['de', 'did:web:l'])
      expect([of('x-other'), of('dpop'), of('atproto-proxy')]).toEqual([null, null, null])
      const token = of('authorization')?.replace('Bearer ', '') ?? ''
      expect(decodeJwt(token)).toMatchObject({ iss: scene.alice.did, aud: SERVICE, lxm: 'com.example.query' })
    })

    test('carries its body', async () => {
      answer = () => new Response('hi', { headers: { 'content-type': 'text/plain' } })
      const { json } = await full('com.example.do', { input: { hello: 1 }, headers: proxy })
      expect(json).toEqual({ text: 'hi' })
      const [request] = seen.splice(0)
      expect([request?.method, request?.headers.get('content-type')]).toEqual(['POST', 'application/json'])
      expect(await request?.json()).toEqual({ hello: 1 })
    })

    test('is refused as the service refuses it', async () => {
      const refusal = { error: 'Teapot', message: 'short' }
      answer = () => Response.json(refusal, { status: 418, headers: { 'dpop-nonce': 'theirs' } })
      const refused = await full('com.example.query', { headers: proxy })
      expect(shown(refused)).toEqual([418, refusal])
      expect(refused.headers.get('dpop-nonce')).not.toBe('theirs')
      answer = () => Response.json(refusal, { status: 500 })
      expect(shown(await full('com.example.query', { headers: proxy }))).toEqual([502, refusal])
    })

    test.each([
      [SERVICE, 'no service id specified in proxy header'],
      [`${SERVICE}#`, 'no service id specified in proxy header'],
      ['#svc', 'no did specified in proxy header'],
      [`${SERVICE}#a#b`, 'invalid proxy header format'],
      [`${SERVICE} #svc`, 'proxy header cannot contain spaces'],
      [`${SERVICE}#other`, 'could not resolve proxy did service url'],
      [`${UNKNOWN}#svc`, 'could not resolve proxy did'],
    ])('to %s', async (reference, message) => {
      const answered = await full('com.example.query', { headers: { 'atproto-proxy': reference } })
      expect(shown(answered)).toEqual([400, { error: 'InvalidRequest', message }])
    })

    test('to a DID that cannot be looked up fails', async () => {
      const headers = { 'atproto-proxy': 'did:key:zQ3sh#svc' }
      expect(outcomeOf(await full('com.example.query', { headers }))).toBe('500 InternalServerError')
    })

    test('is one of somebody, with the scope for it', async () => {
      seen.splice(0)
      expect(outcomeOf(await scene.nobody('com.example.query', { headers: proxy }))).toBe('401 AuthMissing')
      const reader = await scene.signIn('atproto')
      const refused = await reader('com.example.query', { headers: proxy })
      expect(shown(refused)).toEqual(lacks(`rpc:com.example.query?aud=${SERVICE}%23svc`))
      expect(seen).toEqual([])
    })

    test('is none where the server has the method itself', async () => {
      seen.splice(0)
      expect((await full(GET_SESSION, { headers: proxy })).json.did).toBe(scene.alice.did)
      expect(seen).toEqual([])
    })

    test('by a password session is passed on too', async () => {
      answer = () => Response.json({ ok: true })
      const password = scene.bearer((await scene.logIn()).accessJwt)
      expect((await password('com.example.query', { headers: proxy })).json).toEqual({ ok: true })
    })
  })
})
