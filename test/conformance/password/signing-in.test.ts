import { memoryStorage, OAuthClient, signInWithPassword } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf, keysIn, REDIRECT_URI, SCOPE } from '../scene.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import {
  aliceWithPassword,
  CREATE,
  DELETE,
  endAtServer,
  GET_SESSION,
  HOUR,
  REFRESH,
  signedInWithPassword,
} from './scene.ts'

test('signs in by the handle and calls as the account', async () => {
  const { signIn, alice, network, events } = aliceWithPassword()
  const client = await signIn()
  expect(client.did).toBe(alice.did)
  expect(client.session).toMatchObject({
    did: alice.did,
    handle: alice.handle,
    issuer: alice.pds,
    pds: alice.pds,
    scope: 'com.atproto.access',
    status: 'active',
    stored: true,
    endsAt: undefined,
  })
  expect((await client.get(GET_SESSION)).data).toMatchObject({ did: alice.did, handle: alice.handle })
  expect(network.log.to(CREATE)).toHaveLength(1)
  expect(events.map(({ type }) => type)).toEqual(['stored', 'signed_in'])
})

test('goes on with the stored session, and sends the password no second time', async () => {
  const { otherProcess, network, alice, client, storage } = await signedInWithPassword()
  const again = await otherProcess({ as: alice.did })
  expect(again.session.sessionId).toBe(client.session.sessionId)
  // By the DID, a restart asks nobody.
  expect(network.log.entries).toEqual([])
  expect((await again.get(GET_SESSION)).status).toBe(200)
  expect(network.log.entries).toHaveLength(1)
  expect(storage.accesses).toBe(0)
})

test('signs in anew over a storage that does not have the session', async () => {
  const { signIn, network } = await signedInWithPassword()
  await signIn({ storage: memoryStorage() })
  expect(network.log.to(CREATE)).toHaveLength(1)
})

test('goes on with the session although the password is wrong: it is not sent', async () => {
  const { otherProcess, sessionId } = await signedInWithPassword()
  expect((await otherProcess({ password: 'wrong' })).session.sessionId).toBe(sessionId)
})

test('takes an e-mail address where the server is named, and finds its session again', async () => {
  const { signIn, otherProcess, alice, network } = aliceWithPassword()
  const named = { as: alice.email.toUpperCase(), service: alice.pds }
  const client = await signIn(named)
  expect(client.session).toMatchObject({ did: alice.did, handle: alice.handle, pds: alice.pds })
  const again = await otherProcess({ as: alice.email, service: alice.pds })
  expect(again.session.sessionId).toBe(client.session.sessionId)
  expect(network.log.to(CREATE)).toHaveLength(1)
})

test('does not take the session of one e-mail address for that of another', async () => {
  const { signIn, network, alice } = aliceWithPassword()
  const bob = network.createAccount('bob.example.com')
  await signIn({ as: alice.email, service: alice.pds })
  const client = await signIn({ as: bob.email, password: bob.password, service: alice.pds })
  expect(client.did).toBe(bob.did)
})

test('refuses an e-mail address without a server, and asks nobody', async () => {
  const { signIn, alice, network } = aliceWithPassword()
  const error = await failureOf(signIn({ as: alice.email }))
  expect(error).toMatchObject({ code: 'identifier_is_email', action: expect.stringContaining('`service`') })
  expect(network.log.entries).toEqual([])
})

test('refuses the URL of a server in the place of an account', async () => {
  const { signIn } = aliceWithPassword()
  expect(await failureOf(signIn({ as: 'https://pds.example.com' }))).toMatchObject({
    code: 'identifier_is_server',
  })
})

test('leads a sign-in back into the session that ended', async () => {
  const { client, signIn, record, network, sessionId, clock, events } = await signedInWithPassword()
  await endAtServer(network, await record(sessionId))
  await clock.advance(3 * HOUR)
  expect(await failureOf(client.get(GET_SESSION))).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
  network.log.clear()
  const again = await signIn()
  expect(again.session).toMatchObject({ sessionId, status: 'active', reason: undefined })
  expect(network.log.to(CREATE)).toHaveLength(1)
  expect(events.at(-1)).toMatchObject({ type: 'signed_in', isAgain: true })
  // The old client goes on with the new tokens.
  expect((await client.get(GET_SESSION)).status).toBe(200)
})

test('gives the tokens of the sign-in before back once the new ones are stored', async () => {
  const { signIn, record, rewrite, network, sessionId, clock, otherProcess } = await signedInWithPassword()
  const before = await record(sessionId)
  await rewrite(sessionId, { status: 'needs_reauth', reason: 'revoked' })
  await otherProcess()
  await clock.settle()
  expect(network.log.to(CREATE)).toHaveLength(1)
  expect(network.log.to(DELETE)).toHaveLength(1)
  const headers = { authorization: `Bearer ${before.tokens.refreshToken}` }
  expect((await network.fetch(before.issuer + REFRESH, { method: 'POST', headers })).status).toBe(400)
  expect((await signIn()).session.sessionId).toBe(sessionId)
})

test('prefers a session that has not ended to a newer one that has', async () => {
  const { signIn, shared, record, rewrite, clock, sessionId, otherProcess } = await signedInWithPassword()
  await clock.advance(HOUR)
  const other = await record(sessionId)
  const newer = `${other.did}/newer`
  await shared.put(
    `password/${newer}`,
    { ...other, sessionId: newer, createdAt: (other.createdAt ?? 0) + HOUR },
    { ifVersion: null },
  )
  expect((await otherProcess()).session.sessionId).toBe(newer)
  await rewrite(newer, { status: 'needs_reauth', reason: 'revoked' })
  expect((await otherProcess()).session.sessionId).toBe(sessionId)
  expect((await signIn()).session.sessionId).toBe(sessionId)
})

test('finds the same session in every process where several began at once', async () => {
  const { shared, record, sessionId, otherProcess } = await signedInWithPassword()
  const one = await record(sessionId)
  const others = [`${one.did}/~last`, `${one.did}/!first`]
  for (const id of others) await shared.put(`password/${id}`, { ...one, sessionId: id }, { ifVersion: null })
  expect((await otherProcess()).session.sessionId).toBe(`${one.did}/~last`)
})

test('makes one session for twenty sign-ins at once', async () => {
  const { signIn, network, shared } = aliceWithPassword()
  const clients = await Promise.all(Array.from({ length: 20 }, () => signIn()))
  expect(new Set(clients.map(({ session }) => session.sessionId)).size).toBe(1)
  expect(network.log.to(CREATE)).toHaveLength(1)
  expect(await keysIn(shared)).toHaveLength(1)
})

test('is not harmed by the wrong password of somebody else at the same time, nor by their giving up', async () => {
  const { signIn, network, alice } = aliceWithPassword()
  const given = new AbortController()
  const held = network.fault({ path: CREATE, hang: 'request' })
  const [wrong, aborted, right] = [
    failureOf(signIn({ password: 'wrong' })),
    failureOf(signIn({ signal: given.signal })),
    signIn(),
  ]
  await held.hit
  given.abort(new Error('no more'))
  held.release()
  expect(await wrong).toMatchObject({ code: 'password_refused' })
  expect(await aborted).toMatchObject({ message: 'no more' })
  expect((await right).did).toBe(alice.did)
})

test('[J6] counts the tries: many at once with the same wrong password send it once', async () => {
  const { signIn, network } = aliceWithPassword()
  const signIns = Array.from({ length: 20 }, () => failureOf(signIn({ password: 'wrong' })))
  const errors = await Promise.all(signIns)
  expect(errors.every((error) => 'code' in error && error.code === 'password_refused')).toBe(true)
  expect(network.log.to(CREATE)).toHaveLength(1)
})

test.each([{ password: 'another' }, { authFactorToken: 'CODE1-CODE2' }, { service: 'https://pds2.example.net' }])(
  'tries by itself where somebody else failed with less or with others: %j',
  async (change) => {
    const { signIn, network } = aliceWithPassword()
    network.addPds('https://pds2.example.net')
    const [one, other] = [
      failureOf(signIn({ password: 'wrong' })),
      failureOf(signIn({ password: 'wrong', ...change })),
    ]
    expect(await one).toMatchObject({ code: 'password_refused' })
    expect(await other).toMatchObject({ code: 'password_refused' })
    expect(network.log.to(CREATE)).toHaveLength(2)
  },
)

test('leads an e-mail address that came to another account into no session of the one before', async () => {
  const { signIn, network, alice, rewrite, record, otherProcess } = aliceWithPassword()
  const bob = network.createAccount('bob.example.com')
  const named = { as: alice.email, service: alice.pds }
  const { session } = await signIn(named)
  await rewrite(session.sessionId, { status: 'needs_reauth', reason: 'revoked' })
  const before = await record(session.sessionId)
  network.fault({ path: CREATE, set: { did: bob.did } })
  const client = await otherProcess(named)
  expect(client.session).toMatchObject({ did: bob.did, handle: bob.handle })
  expect(client.session.sessionId.startsWith(`${bob.did}/`)).toBe(true)
  expect(await record(session.sessionId)).toEqual(before)
})

test('finds its session by the e-mail address also after it was led back into by the DID', async () => {
  const { signIn, network, alice, rewrite, record, otherProcess } = aliceWithPassword()
  const named = { as: alice.email, service: alice.pds }
  const { sessionId } = (await signIn(named)).session
  await rewrite(sessionId, { status: 'needs_reauth', reason: 'revoked' })
  await otherProcess({ as: alice.did })
  expect(await record(sessionId)).toMatchObject({ status: 'active', email: alice.email })
  expect((await otherProcess(named)).session.sessionId).toBe(sessionId)
  expect(network.log.to(CREATE)).toHaveLength(2)
})

test('hands its randomness to the client, which spreads the calls that are sent again by it', async () => {
  const { signIn, network, clock } = aliceWithPassword()
  const pauseWith = async (byte: number) => {
    const storage = memoryStorage({ clock })
    const client = await signIn({ storage, random: (count) => new Uint8Array(count).fill(byte) })
    network.fault({ path: `/xrpc/${GET_SESSION}`, status: 503 })
    const before = clock.monotonic()
    await client.get(GET_SESSION)
    return clock.monotonic() - before
  }
  clock.auto()
  expect(await pauseWith(0)).toBe(500)
  expect(await pauseWith(128)).toBe(750)
})

test('makes the ids of sessions by the randomness that it is given', async () => {
  const { signIn, clock } = aliceWithPassword()
  const idWith = async (byte: number) => {
    const random = (count: number) => new Uint8Array(count).fill(byte)
    return (await signIn({ storage: memoryStorage({ clock }), random })).session.sessionId
  }
  expect(await idWith(1)).toBe(await idWith(1))
  expect(await idWith(1)).not.toBe(await idWith(2))
})

test('signs in by itself where somebody who would send the same gave up', async () => {
  const { signIn, network, alice } = aliceWithPassword()
  const given = new AbortController()
  const held = network.fault({ path: CREATE, hang: 'request' })
  const [aborted, right] = [failureOf(signIn({ signal: given.signal })), signIn()]
  await held.hit
  given.abort(new Error('no more'))
  held.release()
  expect(await aborted).toMatchObject({ message: 'no more' })
  expect((await right).did).toBe(alice.did)
})

test('sends no password for those who gave up waiting for somebody else', async () => {
  const { signIn, network, clock } = aliceWithPassword()
  const given = new AbortController()
  const held = network.fault({ path: CREATE, hang: 'request' })
  const [wrong, aborted] = [failureOf(signIn({ password: 'wrong' })), failureOf(signIn({ signal: given.signal }))]
  await held.hit
  given.abort(new Error('no more'))
  // At once: nobody's waiting goes on for the sake of somebody else's.
  expect(await aborted).toMatchObject({ message: 'no more' })
  held.release()
  expect(await wrong).toMatchObject({ code: 'password_refused' })
  await clock.settle()
  expect(network.log.to(CREATE)).toHaveLength(1)
})

test('does not take the session of an e-mail address at one server for that at another', async () => {
  const { signIn, network, alice } = aliceWithPassword()
  const first = await signIn({ as: alice.email, service: alice.pds })
  network.addPds('https://pds2.example.net')
  // The same address there is somebody else's.
  expect(await failureOf(signIn({ as: alice.email, service: 'https://pds2.example.net' }))).toMatchObject({
    code: 'password_refused',
  })
  expect((await signIn({ as: alice.email, service: alice.pds })).session.sessionId).toBe(first.session.sessionId)
})

test('leads two processes at once back into the session that ended, and both go on with the same tokens', async () => {
  const { rewrite, otherProcess, network, sessionId, clock, record, answers } = await signedInWithPassword()
  await rewrite(sessionId, { status: 'needs_reauth', reason: 'revoked' })
  const clients = await Promise.all([otherProcess(), otherProcess()])
  expect(clients.map(({ session }) => session.sessionId)).toEqual([sessionId, sessionId])
  const call = () => Promise.all(clients.map((client) => client.get(GET_SESSION)))
  expect((await call()).map(({ status }) => status)).toEqual([200, 200])
  await clock.advance(2 * HOUR)
  clock.auto()
  expect((await call()).map(({ status }) => status)).toEqual([200, 200])
  expect(answers(REFRESH)).toEqual([200])
  expect(await record(sessionId)).toMatchObject({ status: 'active', attempt: null })
  // Each gave the tokens of before back, and the second one those of the first.
  expect(answers(DELETE)).toEqual([200, 200, 200])
  expect(network.log.to(CREATE)).toHaveLength(2)
})

test('signs in anew where a process died before it could store its session', async () => {
  const { signIn, storage, otherProcess, network, clock } = aliceWithPassword()
  storage.onPut({ before: () => new Promise(() => {}) })
  void signIn().catch(() => {})
  await clock.settle()
  expect(network.log.to(CREATE)).toHaveLength(1)
  const client = await otherProcess()
  expect(client.session).toMatchObject({ status: 'active', stored: true })
  expect(network.log.to(CREATE)).toHaveLength(2)
})

test('keeps passwords and OAuth apart over one storage', async () => {
  const { network, clock, alice, shared, client, events, otherProcess } = await signedInWithPassword()
  const { fetch, resolveTxt } = network
  const oauth = new OAuthClient({
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    fetch,
    resolveTxt,
    clock,
    storage: shared,
    onEvent: (event) => events.push(event),
  })
  events.length = 0
  const list = async () => {
    const ids: string[] = []
    for await (const { sessionId } of oauth.sessions()) ids.push(sessionId)
    return ids
  }
  expect(await list()).toEqual([])
  expect(await oauth.latest(alice.did)).toBeUndefined()
  expect(await oauth.restore(client.session.sessionId)).toBeUndefined()
  expect(await oauth.revoke(client.session.sessionId)).toEqual({
    accepted: false,
    reason: 'there is no such session',
  })
  const { url, context } = await oauth.authorize(alice.handle)
  const signedIn = await oauth.callback(network.approve(url), { context })
  expect(await list()).toEqual([signedIn.client.session.sessionId])
  // The other way round: a password finds its own.
  expect((await otherProcess()).session.sessionId).toBe(client.session.sessionId)
  expect(await oauth.revokeAll(alice.did)).toHaveLength(1)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  expect(events.filter(({ type }) => type === 'unreadable')).toEqual([])
})

test('keeps what only memory has of passwords from OAuth, too', async () => {
  const { signIn, storage, options, alice } = aliceWithPassword()
  storage.onPut({ times: Infinity, fails: 'refuse' })
  const { session } = await signIn()
  expect(session.stored).toBe(false)
  const { fetch, resolveTxt, clock } = options
  const outside = { ...(fetch && { fetch }), ...(resolveTxt && { resolveTxt }), ...(clock && { clock }) }
  const oauth = new OAuthClient({ redirectUri: REDIRECT_URI, scope: SCOPE, storage, ...outside })
  expect(await oauth.latest(alice.did)).toBeUndefined()
  expect(await oauth.restore(session.sessionId)).toBeUndefined()
  expect(await oauth.revokeAll(alice.did)).toEqual([])
})

test('leaves a record that cannot be read where it is, and says so', async () => {
  const { shared, otherProcess, sessionId, events } = await signedInWithPassword()
  const entry = await shared.get(`password/${sessionId}`)
  await shared.put(`password/${sessionId}`, { schema: 2 }, { ifVersion: entry?.version ?? null })
  events.length = 0
  const client = await otherProcess()
  expect(client.session.sessionId).not.toBe(sessionId)
  expect(events[0]).toMatchObject({ type: 'unreadable', sessionId })
  expect((await shared.get(`password/${sessionId}`))?.value).toEqual({ schema: 2 })
})

test('lives in memory where the storage fails, and stores the session later', async () => {
  const { signIn, storage, clock, network, record, events } = aliceWithPassword()
  const heal = storage.onPut({ times: Infinity, fails: 'refuse' })
  const client = await signIn()
  expect(client.session.stored).toBe(false)
  expect((await client.get(GET_SESSION)).status).toBe(200)
  // Found again although it stands nowhere.
  expect((await signIn()).session.sessionId).toBe(client.session.sessionId)
  expect(network.log.to(CREATE)).toHaveLength(1)
  heal()
  await clock.advance(10_000)
  expect((await record(client.session.sessionId)).gen).toBe(1)
  expect(events.map(({ type }) => type)).toContain('store_failed')
})

test('fails where the storage cannot be read, before the password is sent', async () => {
  const { signIn, network, shared } = aliceWithPassword()
  const broken = new WatchedStorage(shared)
  broken.list = () => {
    throw new Error('the disk is gone')
  }
  expect(await failureOf(signIn({ storage: broken }))).toMatchObject({ code: 'read_failed' })
  expect(network.log.to(CREATE)).toEqual([])
})

test('never stores the password', async () => {
  const { shared, alice, sessionId } = await signedInWithPassword()
  expect(await keysIn(shared)).toEqual([`password/${sessionId}`])
  expect(JSON.stringify((await shared.get(`password/${sessionId}`))?.value)).not.toContain(alice.password)
})

test('takes a password that looks like a handle, or like anything else', async () => {
  const { signIn } = aliceWithPassword()
  for (const password of ['pass.word', 'did:plc:alice', 'a@b.cd', 'abcd-efgh-ijkl-mnop']) {
    expect(await failureOf(signIn({ password }))).toMatchObject({ code: 'password_refused' })
  }
})

test('is refused for arguments that cannot work, and shows none of them', async () => {
  const { options, network } = aliceWithPassword()
  const wrong: readonly (readonly [unknown, unknown, unknown, RegExp])[] = [
    [undefined, 'secret-password', {}, /^identifier: expected a handle or a DID, found undefined$/],
    ['alice.example.com', '', {}, /^appPassword: expected a password that is not empty, found a string$/],
    ['alice.example.com', 42, {}, /^appPassword: .*found a number$/],
    ['abcd-efgh-ijkl-mnop', 'alice.example.com', {}, /^identifier: .* the app password second, found a string$/],
    [' ABCD-EFGH-IJKL-MNOP', 'alice', {}, /^identifier: .* the app password second, found a string$/],
    ['secret-password', 'alice.example.com', {}, /^identifier: .* the app password second, found a string$/],
    ['secret-password', '@alice.example.com', {}, /^identifier: .* the app password second, found a string$/],
    ['https://secret-password', 'did:plc:alice', {}, /^identifier: .* the app password second, found a string$/],
    ['p@ secret-password', 'alice@example.com', {}, /^identifier: .* the app password second, found a string$/],
    ['alice.example.com', 'secret-password', { service: 'ftp://x' }, /^service: expected the https URL/],
    ['alice.example.com', 'secret-password', { authFactorToken: 1 }, /^authFactorToken: expected a string/],
    ['alice.example.com', 'secret-password', { sotrage: 1 }, /^options: expected only storage, /],
    ['alice.example.com', 'secret-password', { storage: {} }, /^storage: expected an object with get, /],
  ]
  for (const [identifier, password, change, message] of wrong) {
    const given = { ...options, ...(change as object) }
    const error = await failureOf(signInWithPassword(identifier as string, password as string, given))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toMatch(message)
    expect(error.message).not.toMatch(/secret-password|abcd-/i)
  }
  expect(network.log.entries).toEqual([])
})
