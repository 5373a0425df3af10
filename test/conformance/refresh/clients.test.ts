import { OAuthClient, type OAuthClientOptions, type SignAssertion } from 'atproof'
import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { failureOf, privateKey, SCOPE } from '../scene.ts'
import { GET_SESSION, HOUR, MINUTE, type SignedInScene, signedInAlice, signedInWithKey } from './scene.ts'

const TOKEN_ENDPOINT = '/oauth/token'
const LONG_LIFE = 55 * MINUTE

/** Another client of the same process over the same storage. */
async function sibling({ deploy, storage, sessionId }: SignedInScene, change?: Partial<OAuthClientOptions>) {
  const client = await deploy(storage, change).restore(sessionId)
  if (client) return client
  throw new Error('the session did not come back')
}

/** Alice is signed in with the key `k1`; another client of the process has only `k2`. */
async function twoDeployments() {
  const scene = await signedInWithKey(await privateKey('k1'))
  return { ...scene, keyless: await sibling(scene, { keys: [await privateKey('k2')] }) }
}

/** What makes a client of one whose key is elsewhere. What its signer gives may be anything. */
function withSigner({ kty, crv, x, y, kid, alg }: JWK, sign: () => Promise<unknown>) {
  const jwks = { keys: [{ kty, crv, x, y, kid, alg }] }
  return { keys: undefined, signAssertion: sign as SignAssertion, jwks }
}

test('[H1] two clients with the same options refresh once, and both go on', async () => {
  const scene = await signedInAlice()
  const twin = await sibling(scene)
  await scene.clock.advance(HOUR)
  const results = await Promise.all(
    [scene.client, twin, scene.client, twin].map((client) => client.get(GET_SESSION)),
  )
  expect(results.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect(scene.tokenRequests()).toHaveLength(1)
})

test('[H1] two clients share a failure that is not one of theirs', async () => {
  const scene = await signedInAlice()
  const twin = await sibling(scene)
  await scene.clock.advance(HOUR)
  scene.network.fault({ path: TOKEN_ENDPOINT, refuse: true, times: Infinity })
  const failures = await Promise.all([scene.client, twin].map((client) => failureOf(client.get(GET_SESSION))))
  expect(failures).toMatchObject([{ name: 'NetworkError' }, { name: 'NetworkError' }])
  expect(scene.network.log.to(TOKEN_ENDPOINT)).toHaveLength(1)
})

test('[R10] [H3] one that lacks the key goes on with the tokens that another one of the process brings', async () => {
  const { client, keyless, clock, tokenRequests } = await twoDeployments()
  await clock.advance(HOUR)
  const [mine, other] = await Promise.all([client.get(GET_SESSION), keyless.get(GET_SESSION)])
  expect([mine.status, other.status]).toEqual([200, 200])
  expect(tokenRequests()).toHaveLength(1)
})

test('[R10] [H3] one that lacks the key and was first holds up none that has it', async () => {
  const { client, keyless, clock, tokenRequests, record } = await twoDeployments()
  await clock.advance(HOUR)
  const lacking = failureOf(keyless.get(GET_SESSION))
  const result = client.get(GET_SESSION)
  expect(await lacking).toMatchObject({ code: 'client_key_missing' })
  expect((await result).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
  expect(await record()).toMatchObject({ status: 'active', gen: 2 })
})

test('[R10] [H1] calls of one client share that it lacks the key', async () => {
  const { keyless, clock, storage } = await twoDeployments()
  await clock.advance(HOUR)
  storage.reset()
  const failures = await Promise.all([1, 2].map(() => failureOf(keyless.get(GET_SESSION))))
  expect(failures).toMatchObject([{ code: 'client_key_missing' }, { code: 'client_key_missing' }])
  expect(storage.gets).toBe(1)
})

test.each([
  [
    'whose key is not whole',
    'client_key_unusable',
    async (key: JWK) => ({ keys: [{ ...(await privateKey('k1')), x: key.x, y: key.y }] }),
  ],
  ['whose signer fails', 'signer_failed', async (key: JWK) => withSigner(key, () => Promise.reject(new Error()))],
  ['whose signer gives no assertion', 'assertion_invalid', async (key: JWK) => withSigner(key, async () => ({}))],
])('[R14] [H3] one %s and was first holds up none that can sign', async (_, code, changeFor) => {
  const key = await privateKey('k1')
  const scene = await signedInWithKey(key)
  const { client, tokenRequests, record } = scene
  const broken = await sibling(scene, await changeFor(key))
  const failing = failureOf(broken.refresh())
  const renewed = client.refresh()
  expect(await failing).toMatchObject({ name: 'SessionError', code })
  expect((await renewed).session.status).toBe('active')
  expect(tokenRequests()).toHaveLength(1)
  expect(await record()).toMatchObject({ status: 'active', gen: 2, attempt: null })
})

test.each([
  ['http://localhost:2583', 'insecure_url'],
  ['https://127.0.0.1:2583', 'address_forbidden'],
])('[R21] [M1] one that may not ask %s and was first holds up none that may', async (origin, code) => {
  const scene = await signedInAlice()
  const { client, network, alice, rewrite, record, tokenRequests } = scene
  const tokens = { access_token: 'next', refresh_token: 'next-too', token_type: 'DPoP', sub: alice.did }
  network.host(origin, () => Response.json({ ...tokens, scope: SCOPE, expires_in: 3600 }))
  await rewrite({ tokenEndpoint: `${origin}${TOKEN_ENDPOINT}` })
  const allowed = await sibling(scene, { allowLoopback: [origin] })
  const failing = failureOf(client.refresh())
  const renewed = allowed.refresh()
  expect(await failing).toMatchObject({ name: 'NetworkError', code })
  expect((await renewed).session.status).toBe('active')
  expect(tokenRequests()).toHaveLength(1)
  expect((await record()).tokens.refreshToken).toBe('next-too')
})

test('[R10] one that lacks the key keeps none that has it from refreshing early', async () => {
  const { client, keyless, clock, tokenRequests } = await twoDeployments()
  await clock.advance(LONG_LIFE)
  expect((await keyless.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(0)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
})

test('[R10] one that lacks the key asks itself at most once in a pause', async () => {
  const { keyless, clock, storage } = await twoDeployments()
  await clock.advance(LONG_LIFE)
  storage.reset()
  await keyless.get(GET_SESSION)
  await keyless.get(GET_SESSION)
  expect(storage.gets).toBe(1)
})

test('[H1] client.refresh() of one is not fulfilled by the early refresh of another that found nothing to do', async () => {
  const scene = await signedInAlice()
  const twin = await sibling(scene)
  await scene.clock.advance(LONG_LIFE)
  const slow = scene.network.fault({ path: TOKEN_ENDPOINT, hang: 'answer' })
  const early = scene.client.get(GET_SESSION)
  await slow.hit
  const forced = twin.refresh()
  slow.release()
  expect((await early).status).toBe(200)
  expect((await forced).session.status).toBe('active')
  expect(scene.tokenRequests()).toHaveLength(1)
})

test('[H1] [R12] client.refresh() is not fulfilled by an early refresh that left the attempt of another alone', async () => {
  const { client, rewrite, clock, storage, tokenRequests } = await signedInAlice()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  await clock.advance(LONG_LIFE)
  const held = storage.holdGet()
  const early = client.get(GET_SESSION)
  await held.reached
  const forced = failureOf(client.refresh())
  held.release()
  expect((await early).status).toBe(200)
  expect(await forced).toMatchObject({ code: 'refresh_pending' })
  expect(tokenRequests()).toHaveLength(0)
})

test('[H1] [R12] a refused token is not helped by an early refresh that left the attempt of another alone', async () => {
  const { client, rewrite, clock, storage, alice, tokenRequests } = await signedInAlice()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  await clock.advance(LONG_LIFE)
  alice.expireAccessTokens()
  const held = storage.holdGet()
  const call = client.get(GET_SESSION)
  await held.reached
  // It asks with the token that it has, twice, while the early refresh still reads.
  await clock.advance(6000)
  held.release()
  expect((await call).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
})

test('[H1] [R8] client.refresh() tries an ended session, though a call beside it does not', async () => {
  const { client, rewrite, clock, storage, tokenRequests } = await signedInAlice()
  await rewrite({ status: 'needs_reauth', reason: 'revoked' })
  await clock.advance(HOUR)
  const held = storage.holdGet()
  const call = failureOf(client.get(GET_SESSION))
  await held.reached
  const forced = client.refresh()
  held.release()
  expect(await call).toMatchObject({ code: 'needs_reauth' })
  expect((await forced).session.status).toBe('active')
  expect(tokenRequests()).toHaveLength(1)
})

test('clients of one process over two storage objects are two processes to each other', async () => {
  const scene = await signedInAlice()
  const other = await scene.otherProcess()
  await scene.clock.advance(HOUR)
  scene.clock.auto()
  const results = await Promise.all([scene.client, other].map((client) => client.get(GET_SESSION)))
  expect(results.map(({ status }) => status)).toEqual([200, 200])
  expect(scene.tokenRequests()).toHaveLength(1)
})

test('a client of another storage knows nothing of the session', async () => {
  const { network, sessionId } = await signedInAlice()
  const stranger = new OAuthClient({
    ...network.clientOptions,
    scope: SCOPE,
    redirectUri: 'http://127.0.0.1/callback',
  })
  expect(await stranger.restore(sessionId)).toBeUndefined()
})

test('[R6] [R13] spends nothing where a restore has found newer tokens while a refresh waits', async () => {
  const scene = await signedInAlice()
  const { client, network, clock, alice, tokenRequests, oauth, sessionId } = scene
  const other = await scene.otherProcess()
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  const refreshing = other.refresh()
  await slow.hit
  alice.expireAccessTokens()
  const call = client.get(GET_SESSION)
  await clock.advance(2500)
  slow.release()
  await refreshing
  await oauth.restore(sessionId)
  await clock.advance(1000)
  expect((await call).status).toBe(200)
  expect(tokenRequests()).toHaveLength(1)
})

test.each(['invalid_client', 'invalid_client_metadata', 'unauthorized_client'])(
  '[R21] [H5] says what to do about %s to a client with a document, and to no other',
  async (error) => {
    const refusal = { path: TOKEN_ENDPOINT, respond: () => Response.json({ error }, { status: 400 }) }
    const confidential = await signedInWithKey(await privateKey('k1'))
    confidential.network.fault(refusal)
    expect(await failureOf(confidential.client.refresh())).toMatchObject({
      code: 'refresh_refused',
      found: error,
      action: expect.stringMatching(/^serve `clientMetadata` at the client id/),
    })
    const loopback = await signedInAlice()
    loopback.network.fault(refusal)
    const failure = await failureOf(loopback.client.refresh())
    expect(failure).toMatchObject({ code: 'refresh_refused', found: error, action: undefined })
  },
)

test('[R21] [H5] asks for no document where the server refuses for another reason', async () => {
  const { client, network } = await signedInWithKey(await privateKey('k1'))
  const refusal = Response.json({ error: 'invalid_request' }, { status: 400 })
  network.fault({ path: TOKEN_ENDPOINT, respond: () => refusal })
  const failure = await failureOf(client.refresh())
  expect(failure).toMatchObject({ code: 'refresh_refused', found: 'invalid_request', action: undefined })
})
