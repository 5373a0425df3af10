import type { Storage } from 'atproof'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, signIn } from './scene.ts'
import { callWithToken, readSecrets } from './stored-session.ts'
import { type World, APP_WORLDS } from './world.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** The same storage as another object: what a process knows of its sessions does not come along. */
function bound(storage: Storage): Storage {
  return {
    get: (key) => storage.get(key),
    put: (key, value, options) => storage.put(key, value, options),
    delete: (key, options) => storage.delete(key, options),
    list: (prefix) => storage.list(prefix),
  }
}

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())

  async function signedIn(options: Parameters<typeof openApp>[1] = {}) {
    const [account, app] = [await world.newPerson(), openApp(world, options)]
    const client = await signIn(app, account)
    app.sent.length = 0
    return { account, client, ...app, sessionId: client.session.sessionId }
  }

  const callPlainly = (secrets: Parameters<typeof callWithToken>[0]) =>
    callWithToken(secrets, { send: world.fetch, now: world.now() })

  test('writes a record and reads it back', async () => {
    const { client } = await signedIn()
    const collection = 'com.example.note'
    const record = { $type: collection, text: 'grüße 🦋' }
    const { data } = await client.post('com.atproto.repo.createRecord', {
      input: { repo: client.did, collection, record },
    })
    const listed = await client.get('com.atproto.repo.listRecords', {
      params: { repo: client.did, collection, limit: 10 },
    })
    expect(listed.data.records).toEqual([{ uri: data.uri, cid: data.cid, value: record }])
  })

  test('tells the error that a method declares', async () => {
    const { client } = await signedIn()
    const params = { repo: client.did, collection: 'com.example.note', rkey: 'nothing' }
    const failure = await client.get('com.atproto.repo.getRecord', { params }).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      name: 'XrpcError',
      status: 400,
      error: 'RecordNotFound',
      nsid: 'com.atproto.repo.getRecord',
    })
  })

  test('calls with one request each, and with one more only for a new nonce', async () => {
    const { client, sent } = await signedIn()
    await client.get(GET_SESSION)
    await client.get(GET_SESSION)
    expect(sent.map(({ status }) => status)).toEqual([200, 200])
    await world.invalidateNonces()
    await client.get(GET_SESSION)
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 401, 200])
  })

  test('asks twenty-one times for twenty parallel calls without a nonce', async () => {
    const { sessionId, storage } = await signedIn()
    // As after a restart: this process knows the session from the storage, and no nonce.
    const restarted = openApp(world, { storage: { ...bound(storage), keepsCryptoKeys: true } })
    const client = await restarted.oauth.restore(sessionId)
    await Promise.all(Array.from({ length: 20 }, () => client?.get(GET_SESSION)))
    expect(restarted.sent.map(({ status }) => status).toSorted()).toEqual([...Array(20).fill(200), 401])
  })

  test('refreshes although the nonce is stale, and an old client sends the new token', async () => {
    const { client, sent, storage, sessionId } = await signedIn()
    const before = await readSecrets(storage, sessionId)
    await world.invalidateNonces()
    const renewed = await client.refresh()
    expect(sent.map(({ path, status }) => [path, status])).toEqual([
      ['/oauth/token', 400],
      ['/oauth/token', 200],
    ])
    expect(sent[0]?.proof).not.toBe(sent[1]?.proof)
    expect(renewed).not.toBe(client)
    const after = await readSecrets(storage, sessionId)
    expect(after.refreshToken).not.toBe(before.refreshToken)
    expect((await client.get(GET_SESSION)).status).toBe(200)
    // The reference server ends the old access token with the refresh.
    expect((await callPlainly(before)).status).toBe(401)
  })

  test('sends one token request for twenty parallel calls on an expired token', async () => {
    await world.setAccessTokenLifetime(3000)
    const { client, tokenRequests } = await signedIn()
    await world.setAccessTokenLifetime(HOUR)
    await world.pass(3500)
    const results = await Promise.all(Array.from({ length: 20 }, () => client.get(GET_SESSION)))
    expect(results.map(({ status }) => status)).toEqual(Array(20).fill(200))
    expect(tokenRequests().map(({ status }) => status)).toEqual([200])
  })

  test('says that a session was revoked on the server', async () => {
    const { client, account, oauth, sessionId } = await signedIn()
    await world.revokeSessions(account.did)
    const failure = await client.get(GET_SESSION).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      name: 'SessionError',
      code: 'needs_reauth',
      reason: 'revoked',
      handle: account.handle,
    })
    expect((await oauth.restore(sessionId))?.session).toMatchObject({ status: 'needs_reauth', reason: 'revoked' })
  })

  test('lives on when the connection dies before the refresh arrives', async () => {
    const { client, sent } = await signedIn()
    await world.fail({ path: '/oauth/token', kind: 'lose-request' })
    const renewed = await client.refresh()
    expect(sent.map(({ status }) => status)).toEqual([0, 200])
    expect(sent[1]?.proof).toBe(sent[0]?.proof)
    expect((await renewed.get(GET_SESSION)).status).toBe(200)
  })

  test('says that the answer to a refresh was lost, and in the end that the session is', async () => {
    const clock = world.newClock()
    const { client, sent, oauth, sessionId, account } = await signedIn({ clock })
    await world.fail({ path: '/oauth/token', kind: 'lose-answer', onlyStatus: 200 })
    const failure = await client.refresh().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'refresh_unanswered', retryable: true })
    // The same bytes once more: the reference server refuses the proof, and harms nothing.
    expect(sent.map(({ status, error }) => [status, error])).toEqual([
      [0, undefined],
      [401, 'invalid_dpop_proof'],
    ])
    expect((await oauth.restore(sessionId))?.session.status).toBe('uncertain')

    await clock.skip(6 * MINUTE)
    const lost = await client.get(GET_SESSION).catch((error: unknown) => error)
    expect(lost).toMatchObject({ code: 'needs_reauth', reason: 'refresh_response_lost', handle: account.handle })
  })

  test('keeps a session whose token endpoint answers 500 or 429', async () => {
    const clock = world.newClock()
    const { client } = await signedIn({ clock })
    await world.fail({ path: '/oauth/token', kind: 'status', status: 429, headers: { 'retry-after': '1' } })
    expect(await client.refresh().catch((error: unknown) => error)).toMatchObject({ code: 'refresh_refused' })
    await clock.skip(1000)
    await world.fail({ path: '/oauth/token', kind: 'status', status: 500 })
    expect(await client.refresh().catch((error: unknown) => error)).toMatchObject({ code: 'refresh_unanswered' })
    expect((await client.get(GET_SESSION)).status).toBe(200)
  })

  test('signs out: the token is dead on the server, and the client says so', async () => {
    const { client, oauth, storage, sessionId } = await signedIn()
    const secrets = await readSecrets(storage, sessionId)
    expect((await callPlainly(secrets)).status).toBe(200)
    expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
    expect((await callPlainly(secrets)).status).toBe(401)
    expect(await client.get(GET_SESSION).catch((error: unknown) => error)).toMatchObject({ code: 'signed_out' })
    expect(await oauth.restore(sessionId)).toBeUndefined()
  })

  test('sends a token to no other host', async () => {
    const { client, sent } = await signedIn()
    for (const path of [
      'https://evil.example.com/',
      '//evil.example.com/',
      '/\\evil.example.com/',
      '/\t/evil.example.com',
    ]) {
      await expect(client.fetchHandler(path)).rejects.toThrow(TypeError)
    }
    expect(sent).toEqual([])
  })
})
