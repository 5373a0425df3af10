import type { SessionInfo, XrpcClient } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { DAY, GET_SESSION, HOUR, MINUTE, type SignedInScene, signedInAlice, spoilTokens } from './scene.ts'

const TOKEN_ENDPOINT = '/oauth/token'
const OTHER_PDS = 'https://elsewhere.example.com'

/** How a session looks from everywhere: to this process and another one. */
async function looks(scene: SignedInScene, client: XrpcClient): Promise<unknown[]> {
  const { oauth, sessionId, otherProcess } = scene
  const listed: SessionInfo[] = []
  for await (const info of oauth.sessions()) if (info.sessionId === sessionId) listed.push(info)
  // A client is a value: what has changed since is in those that come later.
  const [restored, latest] = await Promise.all([oauth.restore(sessionId), oauth.latest(client.did)])
  const other = await otherProcess()
  return [restored?.session, latest?.session, other.session, ...listed].map((session) => [
    session?.status,
    session?.reason,
  ])
}

type Happening = (scene: SignedInScene) => unknown

const REASONS: readonly (readonly [string, Happening])[] = [
  ['revoked', ({ alice }) => alice.revokeSessions()],
  ['expired', ({ clock }) => clock.advance(14 * DAY)],
  [
    'refresh_response_lost',
    async ({ network, client, clock }) => {
      network.fault({ path: TOKEN_ENDPOINT, lose: 'answer', times: 2 })
      await failureOf(client.refresh())
      await clock.advance(6 * MINUTE)
    },
  ],
  [
    'account_moved',
    ({ network, alice, clock }) => {
      network.addPds(OTHER_PDS, { issuer: OTHER_PDS })
      alice.moveTo(OTHER_PDS)
      return clock.advance(11 * MINUTE)
    },
  ],
  ['wrong_account', ({ network }) => spoilTokens(network, { sub: 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb' })],
  ['scope_reduced', ({ network }) => spoilTokens(network, { scope: 'transition:generic' })],
  ['bad_token_response', ({ network }) => spoilTokens(network, { token_type: 'Bearer' })],
]

test.each(REASONS)('a session that has ended says why, everywhere: %s', async (reason, happens) => {
  const scene = await signedInAlice()
  const { client, alice, clock } = scene
  await happens(scene)
  alice.expireAccessTokens()
  clock.auto()
  const { sessionId, did } = client.session
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({
    name: 'SessionError',
    code: 'needs_reauth',
    action: 'sign in again',
    retryable: false,
    handle: 'alice.example.com',
    reason,
    sessionId,
    did,
  })
  const everywhere = await looks(scene, client)
  expect(everywhere).toEqual(everywhere.map(() => ['needs_reauth', reason]))
  expect(everywhere).toHaveLength(4)
})

test('[R22] a session is uncertain, everywhere, while an answer is missing; and active again after the next', async () => {
  const scene = await signedInAlice()
  const { client, network, clock, oauth, sessionId } = scene
  network.fault({ path: TOKEN_ENDPOINT, lose: 'request', times: 2 })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_unanswered', retryable: true })
  const everywhere = await looks(scene, client)
  expect(everywhere).toEqual(everywhere.map(() => ['uncertain', undefined]))
  // Used until it is refused, whatever the status.
  const { client: used } = await client.get(GET_SESSION)
  expect(used.session.status).toBe('uncertain')
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'refresh_pending', retryable: true })
  await clock.advance(HOUR)
  const { client: after } = await client.get(GET_SESSION)
  expect(after.session).toMatchObject({ status: 'active', reason: undefined })
  const again = await looks(scene, client)
  expect(again).toEqual(again.map(() => ['active', undefined]))
  expect((await oauth.restore(sessionId))?.session.stored).toBe(true)
})

test('[R22] a session is active to the process that refreshes it, and uncertain to the others', async () => {
  const scene = await signedInAlice()
  const { client, network, oauth, sessionId, otherProcess } = scene
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'answer' })
  const refreshing = client.refresh()
  await slow.hit
  expect((await oauth.restore(sessionId))?.session.status).toBe('active')
  expect((await otherProcess()).session.status).toBe('uncertain')
  slow.release()
  expect((await refreshing).session.status).toBe('active')
  expect((await otherProcess()).session.status).toBe('active')
})

test('[R22] a client that was handed out while the session refreshed hears that the answer was lost', async () => {
  const { client, network, clock } = await signedInAlice()
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  const refreshing = failureOf(client.refresh())
  await slow.hit
  network.fault({ path: TOKEN_ENDPOINT, lose: 'request' })
  const { client: during } = await client.get(GET_SESSION)
  expect(during.session.status).toBe('active')
  await clock.advance(60_000)
  expect(await refreshing).toMatchObject({ code: 'refresh_unanswered' })
  const { client: after } = await during.get(GET_SESSION)
  expect(after.session.status).toBe('uncertain')
})

test('a session that is signed out has no status: nobody finds it any more', async () => {
  const scene = await signedInAlice()
  const { client, oauth, sessionId } = scene
  await oauth.revoke(sessionId)
  expect(await oauth.restore(sessionId)).toBeUndefined()
  expect(await oauth.latest(client.did)).toBeUndefined()
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({
    code: 'signed_out',
    action: 'sign in again',
    handle: 'alice.example.com',
  })
})

test('[R10] a client key that is missing here is an error of this deployment, and no status', async () => {
  const scene = await signedInAlice()
  const { client, rewrite, oauth, sessionId } = scene
  await rewrite({
    clientAuth: {
      method: 'private_key_jwt',
      clientId: 'https://app.example.com/c',
      kid: 'k1',
      alg: 'ES256',
      jkt: 'x',
    },
  })
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'client_key_missing' })
  expect((await oauth.restore(sessionId))?.session.status).toBe('active')
})
