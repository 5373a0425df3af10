import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { failureOf } from '../conformance/scene.ts'
import {
  aliceInTwoProcesses,
  DAY,
  diskFull,
  expectEnded,
  expectToGoOn,
  GET_SESSION,
  HOUR,
  MINUTE,
  SECOND,
  TOKEN,
} from './alice-in-two-processes.ts'
import { NO_TOKENS, SECRET } from './no-tokens.ts'

const path = TOKEN
const times = Infinity
const BOB = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'

/** What a session is not about any more. */
const ENDS = [
  ['another account', { sub: BOB }, 'wrong_account'],
  ['no account', { sub: undefined }, 'bad_token_response'],
  ['an account that is a number', { sub: 1 }, 'bad_token_response'],
  ['Bearer tokens', { token_type: 'Bearer' }, 'bad_token_response'],
  ['tokens without a type', { token_type: undefined }, 'bad_token_response'],
  ['a scope without atproto', { scope: 'transition:generic' }, 'scope_reduced'],
  ...NO_TOKENS.map(
    ([what, token]) => [`an access token with ${what}`, { access_token: token }, 'bad_token_response'] as const,
  ),
  ['everything wrong at once', { sub: BOB, token_type: 'Bearer', scope: '' }, 'bad_token_response'],
] as const

/** What comes in the way of giving the tokens back and of writing it down. */
const TROUBLES = [
  'nothing in the way',
  'a server that takes no revocation',
  'a storage that fails for an hour',
  'both',
] as const

const ENDINGS = ENDS.flatMap(([what, change, reason]) =>
  TROUBLES.map((trouble) => [what, trouble, change, reason] as const),
)

test.each(ENDINGS)(
  '[H4] [R23] ends a session whose refresh brings %s, with %s',
  async (_, trouble, change, reason) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, here, outlast, clock, alice, there } = scene
    const isAway = trouble === 'a server that takes no revocation' || trouble === 'both'
    const isFull = trouble === 'a storage that fails for an hour' || trouble === 'both'
    network.fault({ path, times, json: (json) => ({ ...json, ...change }) })
    if (isAway) network.fault({ path: '/oauth/revoke', times, hang: 'request' })
    if (isFull) here.steps.always(({ name }) => name === 'put end', diskFull)
    const failure = await outlast(failureOf(client.refresh()))
    expect(failure).toMatchObject({ code: 'needs_reauth', reason, retryable: false, did: alice.did })
    expect(failure.message).not.toContain(alice.session.accessToken)
    expect(network.log.to('/oauth/revoke').length).toBeGreaterThan(0)
    expect(alice.session.deleted).toBe(!isAway)
    if (isFull) {
      await clock.advance(HOUR)
      expect((await there()).session.status).not.toBe('needs_reauth')
      here.steps.reset()
      await clock.advance(MINUTE)
    }
    await expectEnded(scene, reason)
  },
)

test.each(ENDS)(
  '[H4] [R23] keeps the reason of an end by %s when the app tries once more',
  async (_, change, reason) => {
    const scene = await aliceInTwoProcesses()
    const { client, network, record, there } = scene
    network.fault({ path, json: (json) => ({ ...json, ...change }) })
    await failureOf(client.refresh())
    // The tokens were given back, so that the server says what it says of any session that was revoked.
    for (const one of [client, await there()]) {
      expect(await failureOf(one.refresh())).toMatchObject({ code: 'needs_reauth', reason })
      expect(await record()).toMatchObject({ status: 'needs_reauth', reason })
    }
    await expectEnded(scene, reason)
  },
)

test.each(NO_TOKENS)('[M5] shows an access token with %s nowhere, and gives it back', async (_, token) => {
  const scene = await aliceInTwoProcesses()
  const { client, network, here, alice } = scene
  network.fault({ path, json: (json) => ({ ...json, access_token: token }) })
  const failure = await failureOf(client.refresh())
  const shown = [inspect(failure, { depth: 10 }), JSON.stringify(failure), failure.stack, inspect(here.events)]
  expect(shown.join('\n')).not.toContain(SECRET)
  expect(network.log.to('/oauth/revoke')).toMatchObject([{ status: 200 }])
  expect(alice.session.deleted).toBe(true)
  await expectEnded(scene, 'bad_token_response')
})

test.each([
  ['no lifetime', { expires_in: undefined }],
  ['a lifetime that is text', { expires_in: '3600' }],
  ['a negative lifetime', { expires_in: -3600 }],
  ['a lifetime of null', { expires_in: null }],
  ['no lifetime at all, nor a scope', { expires_in: undefined, scope: undefined }],
  ['a lifetime of a century', { expires_in: 3_153_600_000 }],
  ['a lifetime of a century and a second', { expires_in: 3_153_600_001 }],
  ['a lifetime that no number of milliseconds holds', { expires_in: 1e306 }],
  ['a lifetime of a second', { expires_in: 1 }],
  ['a lifetime of nothing', { expires_in: 0 }],
  ['a lifetime of half a second', { expires_in: 0.5 }],
])('[H7] [R2] [R3] [R25] stores tokens with %s, and goes on', async (_, change) => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, clock, alice, there } = scene
  network.fault({ path, times, json: (json) => ({ ...json, ...change }) })
  expect((await client.refresh()).session).toMatchObject({ status: 'active', stored: true })
  for (const wait of [0, HOUR, DAY]) {
    await clock.advance(wait)
    for (const one of [client, await there()]) expect((await outlast(one.get(GET_SESSION))).status).toBe(200)
  }
  expect(alice.session.deleted).toBe(false)
  await expectToGoOn(scene)
})

test('[H7] [R2] takes a token that ends earlier than was said for refused, and refreshes', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, clock, tokenRequests } = scene
  network.tokenLifetimeSeconds = 60
  network.fault({ path, json: (json) => ({ ...json, expires_in: 3600 }) })
  await client.refresh()
  await clock.advance(61 * SECOND)
  expect((await outlast(client.get(GET_SESSION))).status).toBe(200)
  expect(tokenRequests()).toHaveLength(2)
  await expectToGoOn(scene)
})

test('[L7] shows the scope that was granted last, in every process, and asks for nothing anew', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, there } = scene
  for (const scope of ['atproto', 'atproto repo:*', 'atproto transition:generic']) {
    const granting = network.fault({ path, times, set: { scope } })
    expect((await client.refresh()).session.scope).toBe(scope)
    expect((await there()).session.scope).toBe(scope)
    granting.remove()
  }
  await expectToGoOn(scene)
})

test('[H4] [H9] uses a session to the end of its token where the server gives no refresh token any more', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, rewrite, record, outlast, clock, tokenRequests, there } = scene
  network.fault({ path, omit: 'refresh_token' })
  await client.refresh()
  const { tokens } = await record()
  expect(tokens.refreshToken).toBeDefined()
  await rewrite({ tokens: { ...tokens, refreshToken: undefined } })
  const sent = tokenRequests().length
  expect((await client.get(GET_SESSION)).client.session.status).toBe('active')
  await clock.advance(HOUR)
  for (const one of [client, await there()]) {
    const told = { code: 'needs_reauth', reason: 'expired', did: scene.alice.did }
    expect(await outlast(failureOf(one.get(GET_SESSION)))).toMatchObject(told)
  }
  expect(tokenRequests()).toHaveLength(sent)
  await expectEnded(scene, 'expired')
})

test.each([
  ['names no error', '{}'],
  ['is no JSON', '<p>Bad Request'],
  ['names an error that nobody knows', '{"error":"on_fire"}'],
  ['names a number', '{"error":7}'],
  ['is unfair', '{"error":"unauthorized_client"}'],
])('[H5] [R21] does not take a refusal for the end that %s', async (_, body) => {
  const scene = await aliceInTwoProcesses()
  const { client, network, outlast, record } = scene
  const before = await record()
  network.fault({ path, times, status: 400, body, headers: { 'content-type': 'application/json' } })
  const told = { code: 'refresh_refused', retryable: true }
  expect(await outlast(failureOf(client.refresh()))).toMatchObject(told)
  expect(await record()).toEqual(before)
  await expectToGoOn(scene)
})

test('[H5] [R20] a revoked session ends, and says so everywhere', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, alice, outlast, there } = scene
  const other = await there()
  alice.revokeSessions()
  const told = { code: 'needs_reauth', reason: 'revoked' }
  expect(await outlast(failureOf(client.get(GET_SESSION)))).toMatchObject(told)
  expect(await outlast(failureOf(other.get(GET_SESSION)))).toMatchObject(told)
  await expectEnded(scene, 'revoked')
})

test('[H5] [R20] a server that says invalid_grant of a good token ends the session until the app tries once more', async () => {
  const scene = await aliceInTwoProcesses()
  const { client, network, record } = scene
  const headers = { 'content-type': 'application/json' }
  network.fault({ path, status: 400, body: '{"error":"invalid_grant"}', headers })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
  expect(await record()).toMatchObject({ status: 'needs_reauth', reason: 'revoked', attempt: null })
  // It lives, and its tokens were kept: nobody has to sign in again.
  expect((await client.get(GET_SESSION)).client.session.status).toBe('needs_reauth')
  expect((await client.refresh()).session).toMatchObject({ status: 'active', reason: undefined })
  await expectToGoOn(scene)
})
