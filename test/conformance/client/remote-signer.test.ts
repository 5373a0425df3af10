import type { AssertionRequest, OAuthClient, OAuthClientOptions, SignAssertion, SignedAssertion } from 'atproof'
import { calculateJwkThumbprint, type JWK, SignJWT, importJWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { NetworkError } from '../../../src/errors.ts'
import { createClientAssertion } from '../../../src/flow/client/client-assertion.ts'
import { failureOf, onlyEntry } from '../scene.ts'
import { type ClientScene, clientScene, privateKey, publicKey } from './scene.ts'

let k1: JWK
let k2: JWK

beforeAll(async () => {
  k1 = await privateKey('k1')
  k2 = await privateKey('k2')
})

/** A KMS: it signs with the key it is asked for, else with its newest, and remembers what it was asked. */
function kms({ clock }: ClientScene, ...keys: readonly JWK[]) {
  const asked: AssertionRequest[] = []
  const answers: SignedAssertion[] = []
  const sign: SignAssertion = async (request) => {
    asked.push(request)
    const key = keys.find(({ kid }) => kid === request.kid) ?? keys[0] ?? k1
    const { clientId, audience, dpopJkt } = request
    const answer = await createClientAssertion({ ...key }, { clientId, audience, dpopJkt, now: clock.now() })
    answers.push(answer)
    return answer
  }
  return { asked, answers, sign }
}

function deployed(
  scene: ClientScene,
  signAssertion: SignAssertion,
  options: Partial<OAuthClientOptions> = {},
): OAuthClient {
  return scene.deploy({ signAssertion, jwks: { keys: [publicKey(k1), publicKey(k2)] }, ...options })
}

describe('a remote signer', () => {
  test('[L9] [D8] signs every sending anew, told the audience, the DPoP key and the session’s own key', async () => {
    const scene = clientScene()
    const { asked, answers, sign } = kms(scene, k1)
    const oauth = deployed(scene, sign)
    const client = await scene.signIn(oauth)
    await client.refresh()
    await oauth.revoke(client.session.sessionId)
    const sent = scene.network.log.to(/\/oauth\/(par|token|revoke)$/)
    // None is wasted: the one that came with the choice of the key is the one of the first sending.
    expect(asked).toHaveLength(sent.length)
    expect(sent.map(({ form }) => form?.get('client_assertion'))).toEqual(
      answers.map(({ assertion }) => assertion),
    )
    expect(sent.filter(({ error }) => error === 'use_dpop_nonce')).toHaveLength(1)
    const dpopJkt = await calculateJwkThumbprint(sent[0]?.dpop?.header.jwk ?? {})
    const clientId = oauth.clientMetadata.client_id
    const base = {
      audience: scene.network.issuer,
      clientId,
      dpopJkt,
      signal: expect.any(AbortSignal) as AbortSignal,
    }
    expect(asked[0]).toEqual(base)
    for (const request of asked.slice(1)) expect(request).toEqual({ ...base, kid: 'k1', alg: 'ES256' })
    for (const { assertion } of sent) expect(assertion?.payload['cnf']).toEqual({ jkt: dpopJkt })
  })

  test('[L9] [H3] pins the session to the key that it chose', async () => {
    const scene = clientScene()
    await scene.signIn(deployed(scene, kms(scene, k2).sign))
    const jkt = await calculateJwkThumbprint(k2)
    const clientId = 'https://app.example.com/client-metadata.json'
    expect((await scene.record()).clientAuth).toEqual({
      method: 'private_key_jwt',
      clientId,
      kid: 'k2',
      alg: 'ES256',
      jkt,
    })
  })

  test('[C5] [L9] has its keys in the metadata, or where the metadata says', async () => {
    const scene = clientScene()
    const jwks = { keys: [publicKey(k1)] }
    const inline = deployed(scene, kms(scene, k1).sign, { jwks })
    expect(inline.clientMetadata).toMatchObject({
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks,
    })
    const jwksUri = 'https://app.example.com/jwks.json'
    scene.network.documents.set(jwksUri, jwks)
    const { signAssertion } = { signAssertion: kms(scene, k1).sign }
    const elsewhere = scene.deploy({ signAssertion, jwksUri })
    expect(elsewhere.clientMetadata).toMatchObject({ jwks_uri: jwksUri, token_endpoint_auth_signing_alg: 'ES256' })
    expect((await scene.signIn(elsewhere)).did).toBe(scene.alice.did)
    const both = scene.deploy({ signAssertion, jwksUri, jwks: { keys: [publicKey(k1)] } })
    expect(both.clientMetadata).not.toHaveProperty('jwks')
    expect(both.jwks).toEqual(jwks)
  })

  test('[C11] [L9] goes on with the old key for an old session, and takes the new one for a new session', async () => {
    const scene = clientScene()
    await scene.signIn(deployed(scene, kms(scene, k1).sign))
    const { asked, sign } = kms(scene, k2, k1)
    const oauth = deployed(scene, sign)
    const old = await oauth.restore((await scene.record()).sessionId)
    await old?.refresh()
    await scene.signIn(oauth)
    const kids = scene.network.log.to('/oauth/token').map(({ assertion }) => assertion?.header.kid)
    expect(kids).toEqual(['k1', 'k1', 'k2'])
    // The pushed request of the new session was sent twice, for its nonce.
    expect(asked.map(({ kid }) => kid)).toEqual(['k1', undefined, 'k2', 'k2'])
  })
})

/** Alice is signed in with k1, and nothing is logged yet. The signer then answers as it is told. */
async function signedIn(options: Partial<OAuthClientOptions> = {}) {
  const scene = clientScene()
  const { sign, asked } = kms(scene, k1)
  const told: { sign: SignAssertion } = { sign }
  const oauth = deployed(scene, (request) => told.sign(request), options)
  const client = await scene.signIn(oauth)
  const before = await scene.record()
  scene.network.log.clear()
  asked.length = 0
  return { ...scene, oauth, client, before, told, asked, sign }
}

describe('a refresh, where the signer', () => {
  test('[H3] [L9] answers with another key, names the one that is missing, and sends and writes nothing', async () => {
    const { client, told, before, record, network, clock } = await signedIn()
    told.sign = ({ clientId, audience }) =>
      createClientAssertion({ ...k2 }, { clientId, audience, now: clock.now() })
    const error = await failureOf(client.refresh())
    expect(error).toMatchObject({
      name: 'SessionError',
      code: 'client_key_missing',
      field: 'signAssertion',
      action: 'let `signAssertion` sign with the key k1 again',
    })
    expect(error.expected).toContain('the ES256 key k1')
    expect(error.found).toContain('the ES256 key k2')
    expect(await record()).toEqual(before)
    expect(network.log.to('/oauth/token')).toEqual([])
  })

  test.each([
    ['another thumbprint', { jkt: 'A'.repeat(43) }],
    ['another name', { kid: 'k2' }],
  ])('[H3] [L9] says that it is %s, believes it before a server does', async (_, change) => {
    const { client, told, before, record, network, sign } = await signedIn()
    told.sign = async (request) => {
      const answer = await sign(request)
      if (!('kid' in change)) return { ...answer, ...change }
      const claims = {
        iss: request.clientId,
        sub: request.clientId,
        aud: request.audience,
        jti: 'x',
        iat: 1,
        exp: 2,
      }
      const key = await importJWK(k1, 'ES256')
      const assertion = await new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k2' }).sign(key)
      return { ...answer, ...change, assertion }
    }
    expect(await failureOf(client.refresh())).toMatchObject({ name: 'SessionError', code: 'client_key_missing' })
    expect(await record()).toEqual(before)
    expect(network.log.to('/oauth/token')).toEqual([])
  })

  test('[L9] fails, can be tried again, and writes nothing', async () => {
    const { client, told, before, record, network, sign } = await signedIn()
    told.sign = () => Promise.reject(Object.assign(new Error('ey-secret'), { name: 'ThrottlingException' }))
    const error = await failureOf(client.refresh())
    expect(error).toMatchObject({
      name: 'SessionError',
      code: 'signer_failed',
      retryable: true,
      found: 'ThrottlingException',
    })
    expect(error.cause).toBeUndefined()
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain('secret')
    expect(await record()).toEqual(before)
    expect(network.log.to('/oauth/token')).toEqual([])
    told.sign = sign
    await client.refresh()
    expect((await record()).gen).toBe(before.gen + 1)
  })

  test('[L9] throws at once, or a thing that is no error, is answered the same', async () => {
    const { client, told, clock } = await signedIn()
    told.sign = () => {
      throw Object('ey-secret')
    }
    const error = await failureOf(client.refresh())
    expect(error).toMatchObject({ code: 'signer_failed', found: 'object' })
    await clock.advance(60_000)
    told.sign = () => Promise.reject(Object.assign(new Error('x'), { name: 'ey.secret' }))
    expect(await failureOf(client.refresh())).toMatchObject({ code: 'signer_failed', found: 'an error' })
  })

  test('[L9] fails with an error of ours, keeps it as the cause', async () => {
    const { client, told } = await signedIn()
    const cause = new NetworkError('timeout', { url: 'https://kms.example.com/sign' })
    told.sign = () => Promise.reject(cause)
    expect((await failureOf(client.refresh())).cause).toBe(cause)
  })

  test('[L9] does not answer within ten seconds, is not waited for', async () => {
    const { client, told, clock, before, record } = await signedIn()
    let aborted = false
    told.sign = ({ signal }) => {
      signal.addEventListener('abort', () => (aborted = true))
      return new Promise(() => {})
    }
    const refreshing = failureOf(client.refresh())
    await clock.advance(9_999)
    expect(aborted).toBe(false)
    await clock.advance(1)
    expect(await refreshing).toMatchObject({
      code: 'signer_failed',
      expected: 'an answer in 10000 ms',
      retryable: true,
    })
    expect(aborted).toBe(true)
    expect(await record()).toEqual(before)
  })

  test('[R16] [L9] takes eight seconds, is waited for, and what it signed is still sent', async () => {
    const { client, told, clock, before, record, network, sign } = await signedIn()
    told.sign = async (request) => {
      await clock.sleep(8_000)
      return sign(request)
    }
    const refreshing = client.refresh()
    await clock.advance(8_000)
    await refreshing
    expect((await record()).gen).toBe(before.gen + 1)
    expect(network.log.to('/oauth/token')).toHaveLength(1)
  })

  test('[R21] [L9] fails after the server asked for a nonce, leaves no attempt that others would wait for', async () => {
    const { client, told, network, record, sign, oauth, before } = await signedIn()
    network.rotateNonces()
    let times = 0
    told.sign = (request) => (times++ === 0 ? sign(request) : Promise.reject(new Error('busy')))
    expect(await failureOf(client.refresh())).toMatchObject({ code: 'signer_failed' })
    expect(network.log.to('/oauth/token').map(({ error }) => error)).toEqual(['use_dpop_nonce'])
    expect((await record()).attempt).toBeNull()
    told.sign = sign
    const other = await oauth.restore(before.sessionId)
    await other?.refresh()
    expect((await record()).gen).toBe(before.gen + 1)
  })

  test('[D8] [L9] hands out an assertion twice, does not send it twice', async () => {
    const { client, told, before, record, network, sign } = await signedIn()
    let answer: SignedAssertion | undefined
    told.sign = async (request) => (answer ??= await sign(request))
    await client.refresh()
    network.log.clear()
    const error = await failureOf(client.refresh())
    expect(error).toMatchObject({
      name: 'SessionError',
      code: 'assertion_invalid',
      field: 'jti',
      retryable: false,
    })
    expect((await record()).gen).toBe(before.gen + 1)
    expect((await record()).status).toBe('active')
    expect(network.log.to('/oauth/token')).toEqual([])
  })

  test('[C11] [H3] signs with a key that the metadata no longer has, says so before the signer is asked', async () => {
    const { before, record, network, asked, deploy, sign } = await signedIn()
    const oauth = deploy({ signAssertion: sign, jwks: { keys: [publicKey(k2)] } })
    const client = await oauth.restore(before.sessionId)
    const error = client && (await failureOf(client.refresh()))
    expect(error).toMatchObject({
      code: 'client_key_missing',
      field: 'jwks',
      action: 'add the public half of the key k1 back to `jwks`',
    })
    expect(asked).toEqual([])
    expect(await record()).toEqual(before)
    expect(network.log.length).toBe(0)
  })

  test('[H3] meets the session of a public client, and leaves it alone', async () => {
    const scene = clientScene()
    await scene.signIn(scene.deploy({}))
    const oauth = deployed(scene, kms(scene, k1).sign)
    const client = await oauth.restore((await scene.record()).sessionId)
    expect(client && (await failureOf(client.refresh()))).toMatchObject({
      code: 'client_key_missing',
      field: 'signAssertion',
      expected: 'none: the session belongs to a public client',
      action: 'restore this session with a client that has no `signAssertion`',
    })
  })
})

describe('a sign-in, where the signer', () => {
  test('[L9] fails, can be tried again: nothing was sent', async () => {
    const scene = clientScene()
    const oauth = deployed(scene, () => Promise.reject(new Error('ey-secret')))
    const error = await failureOf(oauth.authorize(scene.alice.handle))
    expect(error).toMatchObject({
      name: 'AuthorizationError',
      code: 'signer_failed',
      retryable: true,
      found: 'Error',
    })
    expect(scene.network.log.to('/oauth/par')).toEqual([])
    await expect(onlyEntry(scene.storage, 'signin/')).rejects.toThrow('found none')
  })

  test('[L9] does not answer, ends with the caller’s signal, and the signer is told', async () => {
    const scene = clientScene()
    const controller = new AbortController()
    let signal: AbortSignal | undefined
    const oauth = deployed(scene, (request) => {
      signal = request.signal
      controller.abort(new Error('the person left'))
      return new Promise(() => {})
    })
    const attempt = oauth.authorize(scene.alice.handle, { signal: controller.signal })
    await expect(attempt).rejects.toThrow('the person left')
    expect(signal?.aborted).toBe(true)
  })

  test('[D10] [L9] is asked again for the nonce, is told when nobody waits any more', async () => {
    const scene = clientScene()
    const controller = new AbortController()
    const { sign, asked } = kms(scene, k1)
    const oauth = deployed(scene, (request) => {
      if (asked.length === 0) return sign(request)
      asked.push(request)
      controller.abort(new Error('the person left'))
      return new Promise(() => {})
    })
    const attempt = oauth.authorize(scene.alice.handle, { signal: controller.signal })
    await expect(attempt).rejects.toThrow('the person left')
    expect(asked).toHaveLength(2)
    expect(asked[1]?.signal.aborted).toBe(true)
  })

  test('[C5] [L9] chooses a key that the metadata does not have, is told so', async () => {
    const scene = clientScene()
    const oauth = deployed(scene, kms(scene, await privateKey('k3')).sign)
    const error = await failureOf(oauth.authorize(scene.alice.handle))
    expect(error).toMatchObject({ name: 'AuthorizationError', code: 'client_key_missing', field: 'jwks' })
    expect(error.expected).toContain('the ES256 key k3')
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  test.each([
    ['another key', (key: JWK) => ({ ...key }), /^another key k1, with the thumbprint/],
    ['another algorithm', (_: JWK, rsa: JWK) => rsa, /^a key k1 for RS256$/],
  ])('[C5] [L9] signs with %s than the metadata has by that name, is told so', async (_, serve, found) => {
    const scene = clientScene()
    const [other, rsa] = [await privateKey('k1'), await privateKey('k1', 'RS256')]
    const served = serve(other, rsa)
    const own = served === rsa ? { ...rsa, alg: 'PS256' } : k1
    const oauth = deployed(scene, kms(scene, own).sign, { jwks: { keys: [publicKey(served)] } })
    expect((await failureOf(oauth.authorize(scene.alice.handle))).found).toMatch(found)
  })

  test('[C5] [L9] chooses an algorithm that the server does not verify, is told so', async () => {
    const scene = clientScene()
    const key = await privateKey('k1', 'EdDSA')
    const oauth = deployed(scene, kms(scene, key).sign, { jwks: { keys: [publicKey(key)] } })
    expect(await failureOf(oauth.authorize(scene.alice.handle))).toMatchObject({
      code: 'client_key_missing',
      field: 'alg',
      found: 'EdDSA',
    })
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  test('[E6] [L9] fails at the callback, ends the sign-in without spending the code', async () => {
    const scene = clientScene()
    const { sign } = kms(scene, k1)
    const told: { sign: SignAssertion } = { sign }
    const oauth = deployed(scene, (request) => told.sign(request))
    const { url, context } = await oauth.authorize(scene.alice.handle)
    told.sign = () => Promise.reject(new Error('busy'))
    const error = await failureOf(oauth.callback(scene.alice.approve(url), { context }))
    expect(error).toMatchObject({ name: 'AuthorizationError', code: 'signer_failed' })
    expect(scene.network.log.to('/oauth/token')).toEqual([])
  })
})

describe('signing out while the signer is away', () => {
  test('[I1] [I2] [R26] is done here, and the refresh token is revoked once the signer is back', async () => {
    const scene = clientScene()
    const { sign } = kms(scene, k1)
    const client = await scene.signIn(deployed(scene, sign))
    const { sessionId } = client.session
    const away = deployed(scene, () => Promise.reject(new Error('the KMS is away')))
    expect(await away.revoke(sessionId)).toMatchObject({ accepted: false, reason: expect.any(String) as string })
    expect(scene.network.log.count('/oauth/revoke')).toBe(0)
    expect(await away.restore(sessionId)).toBeUndefined()
    expect(scene.alice.session.deleted).toBe(false)

    expect(await deployed(scene, sign).revoke(sessionId)).toEqual({ accepted: true })
    expect(scene.alice.session.deleted).toBe(true)
    expect((await onlyEntry(scene.storage, 'session/')).value).toMatchObject({ signedOut: true, owes: null })
  })

  test('[I1] [R26] leaves the debt where the signer never answers, and nothing was sent', async () => {
    const scene = clientScene()
    const { sign } = kms(scene, k1)
    const client = await scene.signIn(deployed(scene, sign))
    const { sessionId } = client.session
    scene.clock.auto()
    const hanging = await deployed(scene, () => new Promise(() => {})).revoke(sessionId)
    expect(hanging).toMatchObject({ accepted: false, reason: expect.stringContaining('signAssertion') as string })
    expect(scene.network.log.count('/oauth/revoke')).toBe(0)
    expect(await deployed(scene, sign).revoke(sessionId)).toEqual({ accepted: true })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[I1] takes ten seconds in all at most, however often it has to be signed', async () => {
    const scene = clientScene()
    const { sign } = kms(scene, k1)
    const client = await scene.signIn(deployed(scene, sign))
    scene.network.rotateNonces()
    scene.network.fault({
      path: '/oauth/revoke',
      delay: 'answer',
      ms: 8_000,
      skipChallenges: false,
      times: Infinity,
    })
    const begin = scene.clock.monotonic()
    scene.clock.auto()
    const { accepted } = await deployed(scene, sign).revoke(client.session.sessionId)
    expect(accepted).toBe(false)
    expect(scene.clock.monotonic() - begin).toBe(10_000)
  })
})
