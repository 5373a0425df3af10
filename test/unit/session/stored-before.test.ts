import { type Fetch, memoryStorage, OAuthClient, type Storage } from 'atproof'
import { fileStorage } from 'atproof/node'
import { testClock } from 'atproof/testing'
import { decodeProtectedHeader } from 'jose'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SessionRecord } from '../../../src/session/record.ts'

// What was stored before there were sessions of passwords, letter for letter but for its tokens: it is read for as long
// as such sessions live.

const DID = 'did:plc:ac73egzgdfa5jui7ufimh3vp'
const ID = `${DID}/p-DIzj`
const PDS = 'https://pds.example.com'
const SIGNED_IN_AT = 1_795_277_041_134
const HOUR = 60 * 60_000
const CLIENT_ID =
  'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback&scope=atproto+transition%3Ageneric'

const RECORD = `{"schema":1,"sessionId":"${ID}","did":"${DID}","handle":"alice.example.com","issuer":"${PDS}","tokenEndpoint":"${PDS}/oauth/token","revocationEndpoint":"${PDS}/oauth/revoke","pds":"${PDS}","scope":"atproto transition:generic","tokens":{"accessToken":"access-of-before","refreshToken":"ref-of-before","lifetimeMs":3599000,"expiresAt":1795280640140},"dpopKey":{"kty":"EC","crv":"P-256","x":"96t3UJXexfZW2_S6eUdqUR4o07mMoTJHdpHvC5jWWI8","y":"R3zQvQxgqkuu1mW9nMuHRKQSdwdbJRa2uua7v3E9S6o","d":"nUrmRdAh_AEKZN4fagz62KKDvOB8CV3hRpHrViQR3kM"},"clientAuth":{"method":"none","clientId":"${CLIENT_ID}"},"gen":2,"checkedAt":1795277041134,"status":"active","createdAt":1795277041134,"endsAt":1796486641134,"attempt":null}`

const TOMBSTONE = `{"schema":1,"sessionId":"${ID}","did":"${DID}","handle":"alice.example.com","signedOut":true,"owes":{"refreshToken":"ref-of-before","dpopKey":{"kty":"EC","crv":"P-256","x":"96t3UJXexfZW2_S6eUdqUR4o07mMoTJHdpHvC5jWWI8","y":"R3zQvQxgqkuu1mW9nMuHRKQSdwdbJRa2uua7v3E9S6o","d":"nUrmRdAh_AEKZN4fagz62KKDvOB8CV3hRpHrViQR3kM"},"clientAuth":{"method":"none","clientId":"${CLIENT_ID}"},"issuer":"${PDS}","revocationEndpoint":"${PDS}/oauth/revoke"}}`

const FILE = `{"format":"atproof entry 1","key":"session/${ID}","version":"3-00YJSj1P7UdPMz2FQ8dN5A","written":{"boot":"arQFAKlW1YqnqFV06SjT2J","wall":1795277041147,"sinceBoot":53987320},"value":${RECORD}}`

/** An app of today over a storage of before, soon after the session began. Nothing but its server answers. */
async function appOver(stored: string) {
  const clock = testClock({ start: SIGNED_IN_AT })
  const storage = memoryStorage({ clock })
  await storage.put(`session/${ID}`, JSON.parse(stored), { ifVersion: null })
  const sent: { readonly url: string; readonly headers: Headers; readonly body: string }[] = []
  const fetch: Fetch = async (url, { headers, body }) => {
    sent.push({ url, headers: new Headers(headers), body: String(body) })
    const answer = ANSWERS.get(url)
    return answer ? Response.json(answer, { headers: { 'dpop-nonce': 'n' } }) : new Response('', { status: 503 })
  }
  return { clock, storage, sent, oauth: clientOver(storage, { clock, fetch }) }
}

const ANSWERS = new Map<string, object>([
  [`${PDS}/xrpc/com.atproto.server.getSession`, { did: DID, handle: 'alice.example.com' }],
  [
    `${PDS}/oauth/token`,
    {
      access_token: 'access-of-today',
      refresh_token: 'ref-of-today',
      token_type: 'DPoP',
      sub: DID,
      scope: 'atproto transition:generic',
      expires_in: 3599,
    },
  ],
  [`${PDS}/oauth/revoke`, {}],
])

function clientOver(
  storage: Storage,
  outside: Partial<ConstructorParameters<typeof OAuthClient>[0]>,
): OAuthClient {
  const redirectUri = 'http://127.0.0.1/callback'
  return new OAuthClient({ redirectUri, scope: 'atproto transition:generic', storage, ...outside })
}

test('goes on with a session that was stored before there were passwords', async () => {
  const { oauth, sent } = await appOver(RECORD)
  const client = await oauth.restore(ID)
  expect(client?.session).toEqual({
    sessionId: ID,
    did: DID,
    handle: 'alice.example.com',
    issuer: PDS,
    pds: PDS,
    scope: 'atproto transition:generic',
    status: 'active',
    reason: undefined,
    createdAt: SIGNED_IN_AT,
    endsAt: 1_796_486_641_134,
    stored: true,
  })
  expect((await client?.get('com.atproto.server.getSession'))?.status).toBe(200)
  const [{ headers } = { headers: new Headers() }] = sent
  expect(headers.get('authorization')).toBe('DPoP access-of-before')
  const { jwk } = decodeProtectedHeader(headers.get('dpop') ?? '')
  expect(jwk?.x).toBe('96t3UJXexfZW2_S6eUdqUR4o07mMoTJHdpHvC5jWWI8')
})

test('refreshes it, and stores it as it would be read before', async () => {
  const { oauth, clock, storage, sent } = await appOver(RECORD)
  const client = await oauth.restore(ID)
  await clock.advance(HOUR)
  expect((await client?.get('com.atproto.server.getSession'))?.status).toBe(200)
  const refresh = sent.find(({ url }) => url === `${PDS}/oauth/token`)
  expect(Object.fromEntries(new URLSearchParams(refresh?.body))).toEqual({
    grant_type: 'refresh_token',
    refresh_token: 'ref-of-before',
    client_id: CLIENT_ID,
  })
  const { value } = (await storage.get(`session/${ID}`)) ?? {}
  const before = JSON.parse(RECORD) as SessionRecord
  const tokens = {
    accessToken: 'access-of-today',
    refreshToken: 'ref-of-today',
    lifetimeMs: 3_599_000,
    expiresAt: SIGNED_IN_AT + HOUR + 3_599_000,
  }
  expect(value).toEqual({ ...before, tokens, gen: 3, reason: undefined })
})

test('[R26] pays what a sign-out of before left unpaid', async () => {
  const { oauth, clock, storage, sent } = await appOver(TOMBSTONE)
  await clock.advance(60_000)
  expect(await oauth.restore(ID)).toBeUndefined()
  await clock.settle()
  expect(sent.map(({ url }) => url)).toEqual([`${PDS}/oauth/revoke`])
  expect(new URLSearchParams(sent[0]?.body).get('token')).toBe('ref-of-before')
  expect((await storage.get(`session/${ID}`))?.value).toMatchObject({ signedOut: true, owes: null })
})

test('finds it in a folder as it was left before', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'atproof-before-'))
  try {
    const entry = join(folder, 'session', 'did%3aplc%3aac73egzgdfa5jui7ufimh3vp', 'p-%44%49zj.entry')
    await mkdir(entry, { recursive: true })
    await writeFile(join(entry, '3.json'), FILE)
    const oauth = clientOver(fileStorage(folder), {})
    expect((await oauth.restore(ID))?.session).toMatchObject({ did: DID, status: 'active', stored: true })
    const found: string[] = []
    for await (const { sessionId } of oauth.sessions()) found.push(sessionId)
    expect(found).toEqual([ID])
  } finally {
    await rm(folder, { recursive: true })
  }
})
