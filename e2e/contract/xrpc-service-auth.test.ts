import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openXrpcScene, outcomeOf, type Xrpc, XRPC_WORLDS, type XrpcScene } from './xrpc-scene.ts'

const SERVICE_AUTH = 'com.atproto.server.getServiceAuth'
const AUDIENCE = 'did:web:api.example.com'
const METHOD = 'com.example.do'

describe.each(XRPC_WORLDS)('on %s', (_, open) => {
  let scene: XrpcScene
  const callers = new Map<string, Xrpc>()
  beforeAll(async () => {
    scene = await openXrpcScene(open)
    callers.set('an OAuth session', await scene.signIn())
    callers.set('a password', scene.bearer((await scene.logIn()).accessJwt))
  })
  afterAll(() => scene.world.close())

  const inSeconds = (seconds: number) => String(Math.floor(scene.world.now() / 1000) + seconds)

  describe.each(['an OAuth session', 'a password'])('by %s', (name) => {
    const ask = async (params: Readonly<Record<string, string>>) => {
      const call = callers.get(name) ?? expect.unreachable('nobody asks')
      return call(SERVICE_AUTH, { params })
    }

    test.each([
      ['a service of a DID', { aud: `${AUDIENCE}#api`, lxm: METHOD }],
      ['a DID', { aud: AUDIENCE, lxm: METHOD }],
      ['another account method', { aud: AUDIENCE, lxm: 'com.atproto.server.createAccount' }],
    ])('a token for %s lasts a minute', async (__, params) => {
      const { token } = (await ask(params)).json
      const claims = decodeJwt(String(token))
      expect(claims).toEqual({
        iss: scene.alice.did,
        ...params,
        iat: expect.any(Number),
        exp: Number(claims.iat) + 60,
        jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      })
    })

    test('a token ends when it is asked to, within an hour', async () => {
      const asked = { aud: AUDIENCE, lxm: METHOD }
      const exp = inSeconds(3500)
      const { token } = (await ask({ ...asked, exp })).json
      expect(decodeJwt(String(token)).exp).toBe(Number(exp))
      expect(outcomeOf(await ask({ ...asked, exp: inSeconds(3700) }))).toBe('400 BadExpiration')
      expect((await ask({ ...asked, exp: inSeconds(-10) })).json).toEqual({
        error: 'BadExpiration',
        message: 'expiration is in past',
      })
    })

    test.each<[string, Record<string, string>, string]>([
      ['nobody', {}, '400 InvalidRequest'],
      ['what is no DID', { aud: 'nope', lxm: METHOD }, '400 InvalidRequest'],
      ['two services', { aud: `${AUDIENCE}#a#b`, lxm: METHOD }, '400 InvalidRequest'],
      ['no method by its name', { aud: AUDIENCE, lxm: 'nope' }, '400 InvalidRequest'],
      ['a fraction of a second', { aud: AUDIENCE, lxm: METHOD, exp: '1.5' }, '400 InvalidRequest'],
      [
        'a method of its own server',
        { aud: AUDIENCE, lxm: 'com.atproto.server.createAppPassword' },
        '400 InvalidRequest',
      ],
    ])('a token for %s is refused', async (__, params, outcome) => {
      expect(outcomeOf(await ask(params))).toBe(outcome)
    })
  })

  test('a token for any method is good for a minute at most', async () => {
    const byPassword = scene.bearer((await scene.logIn()).accessJwt)
    const { token } = (await byPassword(SERVICE_AUTH, { params: { aud: AUDIENCE } })).json
    expect(decodeJwt(String(token))).not.toHaveProperty('lxm')
    const exp = inSeconds(120)
    expect((await byPassword(SERVICE_AUTH, { params: { aud: AUDIENCE, exp } })).json.message).toBe(
      'cannot request a method-less token with an expiration more than a minute in the future',
    )
  })

  test('nobody gets one, and no refresh token does', async () => {
    const params = { aud: AUDIENCE, lxm: METHOD }
    expect(outcomeOf(await scene.nobody(SERVICE_AUTH, { params }))).toBe('401 AuthMissing')
    const { refreshJwt } = await scene.logIn()
    expect(outcomeOf(await scene.bearer(refreshJwt)(SERVICE_AUTH, { params }))).toBe('400 InvalidToken')
  })
})
