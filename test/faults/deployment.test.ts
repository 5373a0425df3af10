import type { OAuthClientOptions } from 'atproof'
import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { createClientAssertion } from '../../src/flow/client/client-assertion.ts'
import { publicKey } from '../conformance/client/scene.ts'
import { CLIENT_ID, failureOf, privateKey, WEB_REDIRECT_URI } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  expectToGoOn,
  FENCE,
  GET_SESSION,
  HOUR,
  MINUTE,
  type Scene,
  TOKEN,
} from './alice-in-two-processes.ts'

const k1 = await privateKey('k1')
const k2 = await privateKey('k2')
const anotherK1 = await privateKey('k1')

const app = { clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI }
const confidential = (...keys: readonly JWK[]): Partial<OAuthClientOptions> => ({ ...app, keys })

/** Alice signed in to an app that has the key k1. */
const aliceWithKey = () => aliceInTwoProcesses({ client: confidential(k1) })

/** A deployment that cannot act for her session. It has neither key: an option of undefined is none. */
const LACKING: readonly (readonly [what: string, client: Partial<OAuthClientOptions>, action: string])[] = [
  ['has another key', confidential(k2), 'add the key k1 back to `keys`'],
  ['has another key of the same name', confidential(anotherK1), 'add the key k1 back to `keys`'],
  [
    'has become a public client',
    { clientId: undefined, redirectUri: 'http://127.0.0.1/callback', keys: undefined },
    'add the key k1 back to `keys`',
  ],
  [
    'has a signer whose keys are others',
    {
      ...app,
      keys: undefined,
      jwks: { keys: [publicKey(k2)] },
      signAssertion: () => Promise.reject(new Error('not asked')),
    },
    'add the public half of the key k1 back to `jwks`',
  ],
]

test.each(LACKING)(
  '[H3] [R10] a deployment that %s says so, sends nothing, and harms nothing',
  async (_, lacking, action) => {
    const scene = await aliceWithKey()
    const { clock, record, there, outlast, network, start, alice, sessionId } = scene
    const other = await there(lacking)
    expect(other.session.status).toBe('active')
    // Its calls go on for as long as the token does.
    expect((await other.get(GET_SESSION)).status).toBe(200)
    await clock.advance(55 * MINUTE)
    expect((await outlast(other.get(GET_SESSION))).client.session.status).toBe('active')
    await clock.advance(HOUR)
    const before = await record()
    network.log.clear()
    const named = { name: 'SessionError', code: 'client_key_missing', retryable: false, action, did: alice.did }
    expect(await outlast(failureOf(other.get(GET_SESSION)))).toMatchObject(named)
    expect(await outlast(failureOf(other.refresh()))).toMatchObject(named)
    expect(network.log.to(/oauth/)).toHaveLength(0)
    expect(await record()).toEqual(before)
    // An error of that deployment, and never the status of a session.
    const { oauth } = start(lacking)
    expect((await oauth.restore(sessionId))?.session).toMatchObject({ status: 'active', reason: undefined })
    await expectToGoOn(scene)
  },
)

test('[H3] [R10] a deployment without the key that gets it back goes on with the session', async () => {
  const scene = await aliceWithKey()
  const { clock, there, outlast, tokenRequests } = scene
  await clock.advance(HOUR)
  for (let rollout = 0; rollout < 3; rollout++) {
    const without = await there(confidential(k2))
    expect(await outlast(failureOf(without.refresh()))).toMatchObject({ code: 'client_key_missing' })
    await clock.advance(2 * HOUR)
  }
  expect(tokenRequests()).toHaveLength(0)
  const withBoth = await there(confidential(k2, k1))
  expect((await outlast(withBoth.refresh())).session.status).toBe('active')
  expect(tokenRequests().at(-1)?.assertion?.header.kid).toBe('k1')
  await expectToGoOn(scene)
})

test('[H3] [R10] two deployments of one process: the one that lacks the key does not hold up the other', async () => {
  const scene = await aliceWithKey()
  const { clock, outlast, here, start, sessionId, client, tokenRequests } = scene
  await clock.advance(HOUR)
  const without = await start({ ...confidential(k2), storage: here.storage }).oauth.restore(sessionId)
  if (!without) throw new Error('nothing restored')
  const [lacking, ...calls] = await outlast(
    Promise.all([failureOf(without.get(GET_SESSION)), client.get(GET_SESSION), client.get(GET_SESSION)]),
  )
  // Either it was told what it lacks, or the other's refresh was there in time for it, too.
  expect(lacking).toMatchObject({ code: 'client_key_missing' })
  expect(calls.map(({ status }) => status)).toEqual([200, 200])
  expect(tokenRequests()).toHaveLength(1)
  expect((await without.get(GET_SESSION)).status).toBe(200)
  await expectToGoOn(scene)
})

test('[H3] [R26] a sign-out by a deployment without the key leaves the debt to one that has it', async () => {
  const scene = await aliceWithKey()
  const { start, sessionId, alice, clock, here } = scene
  const without = start(confidential(k2)).oauth
  const told = { accepted: false, reason: 'the client key that the session is bound to is missing here' }
  expect(await without.revoke(sessionId)).toEqual(told)
  expect(await without.restore(sessionId)).toBeUndefined()
  expect(alice.session.deleted).toBe(false)
  await clock.advance(MINUTE)
  expect(await here.oauth.restore(sessionId)).toBeUndefined()
  await clock.settle()
  expect(alice.session.deleted).toBe(true)
})

test('[H3] [R14] a signer that is away for an hour costs nothing', async () => {
  let isAway = false
  const clock: { now: () => number } = { now: () => Date.UTC(2026, 0, 1) }
  const scene: Scene = await aliceInTwoProcesses({
    client: {
      ...app,
      jwks: { keys: [publicKey(k1)] },
      async signAssertion({ clientId, audience, dpopJkt }) {
        if (isAway) throw new Error('the KMS is away')
        return createClientAssertion({ ...k1 }, { clientId, audience, dpopJkt, now: clock.now() })
      },
    },
  })
  clock.now = scene.clock.now
  const { client, there, outlast, tokenRequests, record } = scene
  isAway = true
  await scene.clock.advance(55 * MINUTE)
  expect((await outlast(client.get(GET_SESSION))).status).toBe(200)
  await scene.clock.advance(HOUR)
  for (const one of [client, await there()]) {
    expect(await outlast(failureOf(one.get(GET_SESSION)))).toMatchObject({
      code: 'signer_failed',
      retryable: true,
    })
  }
  expect(tokenRequests()).toHaveLength(0)
  expect(await record()).toMatchObject({ status: 'active', attempt: null })
  isAway = false
  await expectToGoOn(scene)
})

test('[H3] a document that cannot be fetched for a while costs nothing', async () => {
  const scene = await aliceWithKey()
  const { client, network, clock, outlast, record } = scene
  await clock.advance(HOUR)
  network.fault({ path: CLIENT_ID, times: Infinity, status: 503 })
  const failure = await outlast(failureOf(client.get(GET_SESSION)))
  expect(failure).toMatchObject({ name: 'SessionError', retryable: true })
  expect(await record()).toMatchObject({ status: 'active', gen: 1 })
  await expectToGoOn(scene, { afterMs: FENCE })
})

test('[H3] a server that knows the client no more ends nothing', async () => {
  const scene = await aliceWithKey()
  const { client, network, outlast, record } = scene
  const before = await record()
  const headers = { 'content-type': 'application/json' }
  network.fault({ path: TOKEN, times: Infinity, status: 401, body: '{"error":"invalid_client"}', headers })
  const action = 'serve `clientMetadata` at the client id; a server may keep an older one for minutes'
  const told = { code: 'refresh_refused', retryable: true, action }
  expect(await outlast(failureOf(client.refresh()))).toMatchObject(told)
  expect(await record()).toEqual(before)
  await expectToGoOn(scene)
})
