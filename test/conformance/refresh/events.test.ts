import { inspect } from 'node:util'
import { type AtproofEvent, OAuthClient, type OAuthClientOptions } from 'atproof'
import { afterEach, expect, test, vi } from 'vitest'
import { failureOf, REDIRECT_URI, signIn } from '../scene.ts'
import { GET_SESSION, HOUR, MINUTE, signedInAlice } from './scene.ts'

const TOKEN_ENDPOINT = '/oauth/token'
const PDS = 'https://pds.example.com'
const SECOND = 1000

afterEach(() => vi.restoreAllMocks())

/** Alice is signed in, this process is told what happens, and another one too. Nothing was told yet. */
async function scene(client: Partial<OAuthClientOptions> = {}) {
  const entered = await signedInAlice({ client })
  const others: AtproofEvent[] = []
  entered.events.length = 0
  return {
    ...entered,
    others,
    otherProcess: () => entered.otherProcess({ onEvent: (event) => others.push(event) }),
    told: () => entered.events.map(({ type }) => type),
  }
}

test('tells of a refresh from its beginning to the storage', async () => {
  const { client, events, told } = await scene()
  await client.refresh()
  expect(told()).toEqual(['refresh_begun', 'stored', 'refreshed'])
  const { sessionId, did } = client.session
  for (const event of events) expect(event).toMatchObject({ sessionId, did })
})

test('[D10] tells which server wanted its newest nonce', async () => {
  const { client, network, events, clock } = await scene()
  await clock.advance(4 * MINUTE)
  network.rotateNonces()
  await client.get(GET_SESSION)
  await clock.advance(4 * MINUTE)
  await client.refresh()
  const retried = events.filter(({ type }) => type === 'nonce_retried')
  expect(retried).toMatchObject([{ origin: PDS }, { origin: PDS }])
  expect(JSON.stringify(retried)).not.toContain(network.log.last?.headers.get('dpop'))
})

test('[G4] takes an answer without `DPoP-Nonce`, and tells it once for each origin', async () => {
  const { client, network, events } = await scene()
  const fault = network.fault({ path: /getSession|oauth\/token/, nonce: 'missing', times: Infinity })
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await client.refresh()
  expect((await client.get(GET_SESSION)).status).toBe(200)
  fault.remove()
  const { sessionId, did } = client.session
  expect(events.filter(({ type }) => type === 'nonce_missing')).toEqual([
    { type: 'nonce_missing', origin: PDS, sessionId, did },
  ])
})

test('[G4] tells nothing of answers that have one', async () => {
  const { client, told } = await scene()
  await client.get(GET_SESSION)
  await client.refresh()
  expect(told()).not.toContain('nonce_missing')
})

test('[G4] tells it of each session by itself, and of its authorization server too', async () => {
  const { network, oauth, events, ...rest } = await scene()
  const other = await signIn({ ...rest, network, oauth, events })
  events.length = 0
  network.fault({ path: TOKEN_ENDPOINT, nonce: 'missing', times: Infinity })
  await rest.client.refresh()
  await other.refresh()
  const missing = events.filter(({ type }) => type === 'nonce_missing')
  expect(missing.map(({ sessionId }) => sessionId)).toEqual([rest.sessionId, other.session.sessionId])
})

test("[G8] tells how far the PDS's clock is off", async () => {
  const { client, network, events } = await scene()
  network.serverClockOffsetMs = 5 * MINUTE
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(events.filter(({ type }) => type === 'clock_offset_learned')).toMatchObject([
    { origin: PDS, offsetMs: 5 * MINUTE },
  ])
})

test("[R6] tells that another process's tokens were adopted", async () => {
  const { client, otherProcess, told } = await scene()
  await (await otherProcess()).refresh()
  await client.refresh()
  expect(told()).toEqual(['refresh_adopted'])
})

test("[R13] tells that another process's refresh is waited for, once", async () => {
  const { client, otherProcess, others, network, clock, alice } = await scene()
  const other = await otherProcess()
  const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
  const refreshing = client.refresh()
  await slow.hit
  alice.expireAccessTokens()
  const call = other.get(GET_SESSION)
  await clock.advance(10 * SECOND)
  slow.release()
  await refreshing
  await clock.advance(SECOND)
  expect((await call).status).toBe(200)
  expect(others.map(({ type }) => type)).toEqual([
    'nonce_retried',
    'uncertain',
    'refresh_awaited',
    'refresh_adopted',
  ])
})

test('[R22] tells that an answer was lost, and other processes that the session is uncertain, once', async () => {
  const { client, otherProcess, others, network, told, oauth, sessionId } = await scene()
  network.fault({ path: TOKEN_ENDPOINT, lose: 'answer', times: 2 })
  await failureOf(client.refresh())
  expect(told()).toEqual(['refresh_begun', 'refresh_unanswered'])
  await oauth.restore(sessionId)
  await failureOf(client.refresh())
  expect(told()).toEqual(['refresh_begun', 'refresh_unanswered'])
  const other = await otherProcess()
  await failureOf(other.refresh())
  expect(others.map(({ type }) => type)).toEqual(['uncertain'])
})

test('[R22] tells a process that restores the session that it is uncertain', async () => {
  const { rewrite, otherProcess, others } = await scene()
  await rewrite({ attempt: { id: 'of-another', before: null, dead: false } })
  await otherProcess()
  expect(others.map(({ type }) => type)).toEqual(['uncertain'])
})

test('[R25] tells that tokens could not be stored, and that they were', async () => {
  const { client, storage, told, clock } = await scene()
  storage.onPut({ when: (value) => JSON.stringify(value).includes('"gen":2'), fails: 'refuse', times: 2 })
  await client.refresh()
  expect(told()).toEqual(['refresh_begun', 'store_failed', 'refreshed'])
  await clock.advance(10 * SECOND)
  expect(told()).toEqual(['refresh_begun', 'store_failed', 'refreshed', 'stored'])
})

test('[R20] [H5] tells every process once that a session has ended, and why', async () => {
  const { client, otherProcess, others, events, alice, clock } = await scene()
  const other = await otherProcess()
  alice.revokeSessions()
  clock.auto()
  await failureOf(client.refresh())
  await failureOf(other.get(GET_SESSION))
  await failureOf(client.refresh())
  for (const told of [events, others]) {
    expect(told.filter(({ type }) => type === 'ended')).toMatchObject([{ reason: 'revoked' }])
  }
})

test('[R5] [R26] tells every process once that a session was signed out', async () => {
  const { oauth, sessionId, otherProcess, others, told } = await scene()
  const other = await otherProcess()
  await oauth.revoke(sessionId)
  await failureOf(other.refresh())
  await failureOf(other.refresh())
  expect(told()).toEqual(['signed_out'])
  expect(others.map(({ type }) => type)).toEqual(['signed_out'])
})

test('tells that a person signed in, and into which session', async () => {
  const { events, oauth, ...rest } = await scene()
  const client = await signIn({ ...rest, events, oauth })
  const { sessionId, did } = client.session
  expect(events.filter(({ type }) => type === 'signed_in')).toEqual([
    { type: 'signed_in', isAgain: false, sessionId, did },
  ])
})

/** All that can happen, one thing after another, to a process that is told of it. */
async function longStory(client: Partial<OAuthClientOptions> = {}) {
  const entered = await signedInAlice({ client })
  const { network, clock, storage, oauth, alice, sessionId } = entered
  const mine = await oauth.restore(sessionId)
  if (!mine) throw new Error('the session did not come back')
  const outcomes: unknown[] = []
  const attempt = async (call: Promise<unknown>) => outcomes.push(await call.then(() => 'went well', String))
  await attempt(mine.get(GET_SESSION))
  network.serverClockOffsetMs = 5 * MINUTE
  await attempt(mine.get(GET_SESSION))
  network.fault({ path: /getSession/, nonce: 'missing' })
  await attempt(mine.get(GET_SESSION))
  await clock.advance(4 * MINUTE)
  await attempt(mine.refresh())
  await attempt((await entered.otherProcess()).refresh())
  await attempt(mine.refresh())
  storage.onPut({ fails: 'refuse', when: (value) => JSON.stringify(value).includes('"attempt":null') })
  await attempt(mine.refresh())
  await clock.advance(HOUR)
  const stop = clock.auto()
  await attempt(mine.get(GET_SESSION))
  network.fault({ path: TOKEN_ENDPOINT, lose: 'answer', times: 2 })
  await attempt(mine.refresh())
  await clock.advance(HOUR)
  await attempt(mine.get(GET_SESSION))
  const back = await signIn(entered)
  await attempt(back.get(GET_SESSION))
  alice.revokeSessions()
  await attempt(back.refresh())
  const last = await signIn(entered)
  await attempt(oauth.revoke(last.session.sessionId))
  await attempt(last.get(GET_SESSION))
  stop()
  return { ...entered, outcomes }
}

test('[M5] shows no token, code, verifier, nonce, proof or key in any event of a long story', async () => {
  const secrets = new Set<string>()
  const remember = (text: string | null | undefined) => {
    if (text && text.length > 8) secrets.add(text)
  }
  const events: AtproofEvent[] = []
  const spy = vi.spyOn(URLSearchParams.prototype, 'set')
  const { network, storage } = await longStory({ onEvent: (event) => events.push(event) })
  for (const [name, value] of spy.mock.calls) {
    if (/token$|^code|verifier|assertion$|^state/.test(name)) remember(value)
  }
  for (const { headers, dpop } of network.log.entries) {
    remember(headers.get('dpop'))
    remember(headers.get('authorization')?.slice('DPoP '.length))
    remember(String(dpop?.payload['nonce'] ?? ''))
  }
  const collect = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      if (/^(accessToken|refreshToken|x|y|d)$/.test(name)) remember(String(inner))
      collect(inner)
    }
  }
  for (const value of storage.puts) collect(value)
  const types = new Set(events.map(({ type }) => type))
  expect([...types].toSorted()).toEqual(
    [
      'clock_offset_learned',
      'ended',
      'nonce_missing',
      'nonce_retried',
      'refresh_adopted',
      'refresh_begun',
      'refresh_unanswered',
      'refreshed',
      'signed_in',
      'signed_out',
      'store_failed',
      'stored',
    ].toSorted(),
  )
  expect(secrets.size).toBeGreaterThan(20)
  const shown = inspect(events, { depth: 20, showHidden: true, maxStringLength: null, maxArrayLength: null })
  expect([...secrets].filter((secret) => shown.includes(secret))).toEqual([])
})

type Hook = (event: AtproofEvent, oauth: () => OAuthClient) => unknown

const bug = new Error('a bug of the app')

const HOOKS: readonly (readonly [string, () => Hook])[] = [
  [
    'throws',
    () => () => {
      throw bug
    },
  ],
  ['rejects', () => () => Promise.reject(bug)],
  [
    'gives a thenable that throws',
    () => () => ({
      // oxlint-disable-next-line unicorn/no-thenable -- what this is about
      then() {
        throw bug
      },
    }),
  ],
  ['never ends', () => () => new Promise(() => {})],
  [
    'changes the event',
    () => (event) => {
      for (const name of Object.keys(event)) Reflect.set(event, name, 'changed')
    },
  ],
  [
    'refreshes, at each kind of event once',
    () => {
      const seen = new Set<string>()
      return async ({ type, sessionId }, oauth) => {
        if (seen.has(type)) return
        seen.add(type)
        await (await oauth().restore(sessionId))?.refresh()
      }
    },
  ],
  [
    'lists the sessions',
    () => async (_, oauth) => {
      for await (const { status } of oauth().sessions()) if (status === 'needs_reauth') return
    },
  ],
]

test.each(HOOKS)('no hook changes what comes of a refresh: one that %s', async (_, createHook) => {
  const hook = createHook()
  let oauth: OAuthClient | undefined
  const later = () => {
    if (oauth) return oauth
    throw new Error('not yet')
  }
  const entered = await signedInAlice({
    client: {
      onEvent: (event) => hook(event, later),
      waitUntil: () => hook({ type: 'refresh_begun', sessionId: '', did: '' }, later),
    },
  })
  oauth = entered.oauth
  const { client, record, tokenRequests, alice, clock } = entered
  await clock.advance(HOUR)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  await clock.settle()
  expect(await record()).toMatchObject({ status: 'active', attempt: null })
  expect(tokenRequests().every(({ status }) => status === 200)).toBe(true)
  expect(alice.session.deleted).toBe(false)
})

test('[R26] a hook that signs out once more revokes nothing twice', async () => {
  const outcomes: Promise<unknown>[] = []
  const scene1 = await signedInAlice({
    client: {
      onEvent: (event) => {
        if (event.type === 'signed_out') outcomes.push(scene1.oauth.revoke(event.sessionId))
      },
    },
  })
  expect(await scene1.oauth.revoke(scene1.sessionId)).toEqual({ accepted: true })
  await Promise.all(outcomes)
  expect(outcomes).toHaveLength(1)
  expect(scene1.network.log.to('/oauth/revoke').filter(({ status }) => status === 200)).toHaveLength(1)
})

test('[R26] a hook that signs out in the middle of a refresh ends the session, and nothing comes back', async () => {
  const entered = await signedInAlice({
    client: {
      onEvent: (event) => event.type === 'refresh_begun' && entered.oauth.revoke(event.sessionId),
    },
  })
  const { client, clock, tombstone, alice } = entered
  expect(await failureOf(client.refresh())).toMatchObject({ code: 'signed_out' })
  await clock.settle()
  expect(await tombstone()).toMatchObject({ signedOut: true, owes: null })
  expect(alice.session.deleted).toBe(true)
})

test('a client without hooks does the same', async () => {
  const { network, clock } = await signedInAlice()
  const oauth = new OAuthClient({ ...network.clientOptions, redirectUri: REDIRECT_URI })
  const client = await network.signIn('bob.example.com', { oauth })
  await clock.advance(HOUR)
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('[R2] [R6] tells that tokens of another process were taken over, also where a refusal led to them', async () => {
  const { client, otherProcess, events, told } = await scene()
  await (await otherProcess()).refresh()
  events.length = 0
  await client.get(GET_SESSION)
  expect(told()).toEqual(['refresh_adopted'])
})

test('[G4] tells nothing of failures without `DPoP-Nonce`, which a proxy may have sent for its server', async () => {
  const { client, network, told, clock } = await scene()
  network.fault({ path: /getSession/, status: 502 })
  network.fault({ path: TOKEN_ENDPOINT, status: 502, times: Infinity })
  const once = client.with({ retry: { limit: 0 } })
  expect((await failureOf(once.get(GET_SESSION))).response?.status).toBe(502)
  await failureOf(client.refresh())
  await clock.settle()
  expect(told()).not.toContain('nonce_missing')
})
