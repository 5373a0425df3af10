import { nsid, type XrpcClient } from 'atproof'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { CALL_SCENES, type CallScene } from './calls-scene.ts'
import { openApp, signIn } from './scene.ts'

const CREATE_SESSION = 'com.atproto.server.createSession'
const DO = nsid('com.example.do')
const MINUTE = 60_000
/** What a service says of itself. */
const SERVICE_LIMIT = { 'ratelimit-limit': '10', 'ratelimit-remaining': '1', 'ratelimit-reset': '1' }

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable('it was to fail'),
    (error: unknown) => error,
  )

/** A service refuses. */
const refuse =
  (status: number, headers: Record<string, string> = {}) =>
  () =>
    Response.json({ error: 'Tired', message: 'later' }, { status, headers })

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
  const getSession = () => client.get('com.atproto.server.getSession')
  /** A server in front of the PDS has had too many calls. */
  const refuseSession = (retryAfter: string) =>
    scene.world.fail({
      path: '/xrpc/com.atproto.server.getSession',
      kind: 'status',
      status: 429,
      headers: { 'retry-after': retryAfter },
    })

  describe('service tokens', () => {
    test('[J12] are for one service and one method, of a minute or as long as is asked for', async () => {
      const audience = scene.service
      const { data } = await client.serviceAuth({ audience, method: DO })
      const { iss, aud, lxm, iat = 0, exp = 0, jti } = decodeJwt(data.token)
      expect({ iss, aud, lxm, seconds: exp - iat }).toEqual({
        iss: client.did,
        aud: audience,
        lxm: DO,
        seconds: 60,
      })
      expect(Math.abs(iat * 1000 - scene.world.now())).toBeLessThan(MINUTE / 2)
      expect(jti).toBeTruthy()
      const { data: longer } = await client.serviceAuth({ audience, method: DO, lifetimeMs: 30 * MINUTE })
      const claims = decodeJwt(longer.token)
      expect(((claims.exp ?? 0) - (claims.iat ?? 0)) / 60).toBeCloseTo(30, 0)
      expect(claims.jti).not.toBe(jti)
    })

    test('[J12] are not for what only the account itself may do', async () => {
      const method = 'com.atproto.server.createAppPassword'
      const failure = await failureOf(client.serviceAuth({ audience: scene.service, method }))
      expect(failure).toMatchObject({
        status: 400,
        error: 'InvalidRequest',
        nsid: 'com.atproto.server.getServiceAuth',
      })
    })
  })

  describe('a service behind the PDS', () => {
    let proxied: XrpcClient
    beforeAll(() => {
      proxied = client.with({ proxy: scene.service })
    })
    test('[J10] gets the call and a token of the account, for it and for this method', async () => {
      const { data } = await proxied.get(DO, { params: { q: 'x' } })
      expect(data).toEqual({ ok: true })
      const [{ path, headers } = { path: '', headers: new Headers() }, ...more] = scene.passedOn
      expect([path, more]).toEqual(['/xrpc/com.example.do', []])
      expect(headers.get('atproto-proxy')).toBeNull()
      expect(headers.get('dpop')).toBeNull()
      const token = headers.get('authorization')?.replace(/^Bearer /, '') ?? ''
      expect(decodeJwt(token)).toMatchObject({ iss: client.did, aud: scene.service.split('#')[0], lxm: DO })
      await getSession()
      expect(scene.passedOn).toHaveLength(1)
    })

    test('[J11] hears whose labels are wanted: of these, of none, or as it likes', async () => {
      const [one, other] = ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'did:web:labels.example.com'] as const
      await proxied.with({ labelers: [one, { did: other, redact: true }] }).get(DO)
      await proxied.with({ labelers: [] }).get(DO)
      await proxied.get(DO)
      const asked = scene.passedOn.map(({ headers }) => headers.get('atproto-accept-labelers'))
      expect(asked).toEqual([`${one}, ${other};redact`, '', null])
    })

    test('[J5] has errors of its own', async () => {
      scene.answers.push(refuse(400))
      const failure = await failureOf(proxied.get(DO))
      expect(failure).toMatchObject({ status: 400, error: 'Tired', nsid: DO, retryable: false })
      expect(failure).toHaveProperty('message', expect.stringContaining('later'))
      scene.answers.push(
        () => new Response('<h1>no</h1>', { status: 403, headers: { 'content-type': 'text/html' } }),
      )
      expect(await failureOf(proxied.get(DO))).toMatchObject({ status: 403, error: 'Forbidden' })
    })

    test.each([
      ['429', 429, {}],
      ['429 with a time, which the PDS keeps for itself', 429, { 'retry-after': '3600' }],
      ['503', 503, {}],
      ['500, of which the PDS makes 502', 500, {}],
    ])('[J6] is asked again in a while after %s', async (__, status, headers) => {
      scene.answers.push(refuse(status, headers))
      expect((await proxied.get(DO)).data).toEqual({ ok: true })
      const [first = 0, second = 0, ...more] = scene.passedOn.map(({ at }) => at)
      expect(more).toEqual([])
      expect(second - first).toBeGreaterThanOrEqual(500)
      expect(statusesOf(DO)).toEqual([status === 500 ? 502 : status, 200])
    })

    test('[J6] is asked three times at most', async () => {
      scene.answers.push(refuse(503), refuse(503), refuse(503))
      expect(await failureOf(proxied.get(DO))).toMatchObject({ status: 503, error: 'Tired', retryable: true })
      expect(scene.passedOn).toHaveLength(3)
    })

    test.each([501, 413, 400])('[J6] is not asked again after %d', async (status) => {
      scene.answers.push(refuse(status))
      expect(await failureOf(proxied.get(DO))).toMatchObject({ status, error: 'Tired' })
      expect(scene.passedOn).toHaveLength(1)
    })

    test('[J6] is not asked twice to do something, unless it said that it did nothing and the app wants it', async () => {
      scene.answers.push(refuse(503))
      const failure = await failureOf(proxied.post(DO, { input: { n: 1 } }))
      expect(failure).toMatchObject({ status: 503, retryable: true })
      expect(scene.passedOn).toHaveLength(1)
      scene.clear()
      scene.answers.push(refuse(429))
      const patient = proxied.with({ retry: { procedures: true } })
      expect((await patient.post(DO, { input: { n: 1 } })).data).toEqual({ ok: true })
      expect(scene.passedOn).toHaveLength(2)
    })
  })

  describe('the server in front', () => {
    test('[J6] is asked again after the time that it asks for', async () => {
      await refuseSession('1')
      const began = scene.world.now()
      expect((await getSession()).data.did).toBe(client.did)
      expect(scene.world.now() - began).toBeGreaterThanOrEqual(1000)
      expect(statusesOf('com.atproto.server.getSession')).toEqual([429, 200])
    })

    test('[J6] is left alone where it asks for more time than there is', async () => {
      await refuseSession('3600')
      const failure = await failureOf(getSession())
      expect(failure).toMatchObject({ name: 'XrpcError', status: 429, retryable: true })
      expect(statusesOf('com.atproto.server.getSession')).toEqual([429])
    })
  })

  describe('rate limits', () => {
    test('[J7] are not told of where the server does not', async () => {
      expect((await getSession()).rateLimit).toBeUndefined()
    })

    describe('of a PDS that has them', () => {
      let pds: string
      beforeAll(async () => {
        pds = (await scene.world.addPds({ issuer: 'own', limitsRates: true })).pds
      })

      test('[J7] are told with each answer', async () => {
        const nobody = scene.nobody(pds)
        const { rateLimit: first } = await nobody.get('com.atproto.server.describeServer')
        const { rateLimit: second } = await nobody.get('com.atproto.server.describeServer')
        expect(first).toMatchObject({ limit: 3000, policy: '3000;w=300' })
        expect(second?.remaining).toBe((first?.remaining ?? 0) - 1)
        const leftMs = (second?.resetsAt ?? 0) - scene.world.now()
        expect(leftMs).toBeGreaterThan(4 * MINUTE)
        expect(leftMs).toBeLessThanOrEqual(5 * MINUTE)
      })

      test('[J6] [J7] are told with errors too, and nobody waits for minutes', async () => {
        const nobody = scene.nobody(pds)
        const input = { identifier: 'nobody.test', password: 'wrong' }
        const logIn = (caller = nobody) => failureOf(caller.post(CREATE_SESSION, { input }))
        expect(await logIn()).toMatchObject({
          status: 401,
          error: 'AuthenticationRequired',
          rateLimit: { limit: 30, remaining: 29, policy: '30;w=300' },
        })
        await Promise.all(Array.from({ length: 29 }, () => logIn()))
        // Five minutes are more than a call has time for: it fails at once, and not as one that took too long.
        const patient = nobody.with({ retry: { procedures: true, longestWaitMs: 60 * MINUTE } })
        const limited = await logIn(patient)
        expect(limited).toMatchObject({
          name: 'XrpcError',
          status: 429,
          error: 'RateLimitExceeded',
          retryable: true,
          rateLimit: { limit: 30, remaining: 0 },
        })
      })

      test('[J7] are told with what it passes on too, and are its own', async () => {
        const person = await scene.world.newPerson({ pds })
        const limited = (await signIn(openApp(scene.world), person, person.did)).with({ proxy: scene.service })
        scene.answers.push(() => Response.json({ ok: true }, { headers: SERVICE_LIMIT }))
        const { data, rateLimit } = await limited.get(DO)
        expect([data, rateLimit]).toMatchObject([{ ok: true }, { limit: 3000, policy: '3000;w=300' }])
        scene.answers.push(() => Response.json({ error: 'Tired' }, { status: 400, headers: SERVICE_LIMIT }))
        expect(await failureOf(limited.get(DO))).toMatchObject({ error: 'Tired', rateLimit: { limit: 3000 } })
      })

      test('[J6] [J7] have a call left, so that what a service behind refuses is asked for again at once', async () => {
        const person = await scene.world.newPerson({ pds })
        const limited = (await signIn(openApp(scene.world), person, person.did)).with({ proxy: scene.service })
        const before = scene.passedOn.length
        scene.answers.push(refuse(429))
        expect((await limited.get(DO)).data).toMatchObject({ ok: true })
        expect(scene.passedOn).toHaveLength(before + 2)
      })
    })
  })
})
