import { describe, expect, test } from 'vitest'
import { alicesScene, CLIENT_ID, confidentialAlice, keysIn, onlyEntry, type Scene, signIn } from '../scene.ts'

const REVOKE = 'https://pds.example.com/oauth/revoke'

/** Alice is signed in, signs out, and the app is told how it went. */
async function signedOut<S extends Scene>(scene: S, spoil: (scene: S) => void = () => {}) {
  const client = await signIn(scene)
  const { refreshToken, accessToken } = scene.alice.session
  spoil(scene)
  const revocation = await scene.oauth.revoke(client.session.sessionId)
  return { revocation, refreshToken, accessToken, requests: scene.network.log.to(REVOKE), client }
}

/** Nothing of the session can be used any more, whatever its server thinks. */
async function expectGone(scene: Scene, secrets: readonly (string | undefined)[]): Promise<void> {
  const { value } = await onlyEntry(scene.storage, 'session/')
  expect(value).toMatchObject({ signedOut: true, owes: null })
  const left = JSON.stringify(value)
  expect(secrets.filter((secret) => secret !== undefined && left.includes(secret))).toHaveLength(0)
  expect(await keysIn(scene.storage, 'signin/')).toEqual([])
}

describe('signing out', () => {
  test('[I1] [D9] sends a form with the refresh token, its kind, and a proof by the session’s key', async () => {
    const scene = alicesScene()
    const { revocation, refreshToken, requests } = await signedOut(scene)
    expect(revocation).toEqual({ accepted: true })
    expect(requests).toHaveLength(1)
    const [request] = requests
    expect(request?.method).toBe('POST')
    expect(request?.headers.get('content-type')).toMatch(/^application\/x-www-form-urlencoded/)
    expect(Object.fromEntries(request?.form ?? [])).toEqual({
      client_id: scene.oauth.clientMetadata.client_id,
      token: refreshToken,
      token_type_hint: 'refresh_token',
    })
    expect(request?.dpop?.payload).toMatchObject({
      htm: 'POST',
      htu: REVOKE,
      nonce: expect.stringMatching(/^nonce-/),
    })
    expect(request?.dpop?.payload).not.toHaveProperty('ath')
    expect(request?.headers.has('authorization')).toBe(false)
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[I1] sends the access token where the session has no other', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: '/oauth/token', omit: 'refresh_token' })
    const { revocation, requests, accessToken } = await signedOut(scene)
    expect(revocation).toEqual({ accepted: true })
    expect(requests.map(({ form }) => [form?.get('token'), form?.get('token_type_hint')])).toEqual([
      [accessToken, 'access_token'],
    ])
    expect(scene.alice.session.deleted).toBe(true)
    await expectGone(scene, [accessToken])
  })

  test('[I1] [D8] shows who the client is, with an assertion of its own for each request', async () => {
    const scene = await confidentialAlice()
    const { requests } = await signedOut(scene, ({ network }) => network.rotateNonces())
    expect(requests.map(({ status }) => status)).toEqual([400, 200])
    for (const { form, assertion } of requests) {
      expect(form?.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
      expect(assertion?.header).toEqual({ alg: 'ES256', kid: 'k1' })
      expect(assertion?.payload).toMatchObject({ iss: CLIENT_ID, sub: CLIENT_ID, aud: 'https://pds.example.com' })
    }
    expect(new Set(requests.map(({ assertion }) => assertion?.payload.jti)).size).toBe(2)
    expect(new Set(requests.map(({ dpop }) => dpop?.payload.jti)).size).toBe(2)
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[I1] [G8] learns how far off its clock is, as any request to the server does', async () => {
    const scene = alicesScene()
    const { revocation, requests } = await signedOut(scene, ({ clock }) => clock.jumpWall(300_000))
    expect(requests.map(({ status }) => status)).toEqual([401, 200])
    expect(revocation).toEqual({ accepted: true })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[I1] is taken where the server no longer knows the session', async () => {
    const scene = alicesScene()
    const { revocation, requests } = await signedOut(scene, ({ alice }) => alice.revokeSessions())
    expect(revocation).toEqual({ accepted: true })
    expect(requests.map(({ status }) => status)).toEqual([200])
  })

  test.each([
    ['refuses', { status: 400 }, 'the server answered 400'],
    ['fails', { status: 503 }, 'the server answered 503'],
    ['redirects', { redirect: 'https://evil.example.com/' }, 'redirect'],
    ['cannot be reached', { refuse: true }, 'no connection'],
    ['breaks off', { lose: 'answer' }, 'the request failed'],
  ] as const)('[I1] [I2] is done here also where the server %s, which is told', async (_, trouble, reason) => {
    const scene = alicesScene()
    const { revocation, refreshToken, accessToken, client } = await signedOut(scene, ({ network }) => {
      network.fault({ path: '/oauth/revoke', times: Infinity, ...trouble })
    })
    expect(revocation).toMatchObject({ accepted: false, reason: expect.stringContaining(reason) })
    await expectGone(scene, [refreshToken, accessToken])
    await expect(client.get('com.atproto.server.getSession')).rejects.toMatchObject({ code: 'signed_out' })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test('[I1] [I2] is done here alone where the server has no place for it', async () => {
    const scene = alicesScene()
    delete scene.network.authorizationServerMetadata['revocation_endpoint']
    const { revocation, refreshToken, accessToken, requests } = await signedOut(scene)
    expect(revocation).toEqual({ accepted: false, reason: 'the server has no revocation endpoint' })
    expect(requests).toEqual([])
    await expectGone(scene, [refreshToken, accessToken])
  })

  test('[I1] [I2] of a sealed sign-in’s session is like that of any', async () => {
    const sealKey = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
    const scene = alicesScene({ client: { sealKeys: [sealKey] } })
    const { revocation, refreshToken, accessToken } = await signedOut(scene)
    expect(revocation).toEqual({ accepted: true })
    await expectGone(scene, [refreshToken, accessToken])
    expect(scene.alice.session.deleted).toBe(true)
  })
})
