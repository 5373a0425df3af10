import { AuthorizationError, OAuthClient } from 'atproof'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decide, readRefusal, submitPassword } from './browser.ts'
import { openApp, signIn } from './scene.ts'
import { openRealNetwork, visit, type World, APP_WORLDS } from './world.ts'

async function keysOf(app: ReturnType<typeof openApp>): Promise<string[]> {
  const keys: string[] = []
  for await (const key of app.storage.list('')) keys.push(key)
  return keys
}

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())

  test('signs in with a handle and calls', async () => {
    const [person, app] = [await world.newPerson(), openApp(world)]
    const { url, context } = await app.oauth.authorize(`@${person.handle.toUpperCase()}`, {
      state: 'to the inbox',
    })
    expect([...new URL(url).searchParams.keys()]).toEqual(['client_id', 'request_uri'])
    const { client, state } = await app.oauth.callback(await person.approve(url), { context })
    expect(state).toBe('to the inbox')
    expect(client.did).toBe(person.did)
    expect(client.session).toMatchObject({
      handle: person.handle,
      issuer: world.issuer,
      pds: world.pds,
      scope: 'atproto transition:generic',
      status: 'active',
      stored: true,
    })
    const { data } = await client.get('com.atproto.server.getSession')
    expect(data).toMatchObject({ did: person.did, handle: person.handle })
    const restored = await app.oauth.restore(client.session.sessionId)
    expect((await restored?.get('com.atproto.server.getSession'))?.data.did).toBe(person.did)
  })

  test('spends a callback once', async () => {
    const [person, app] = [await world.newPerson(), openApp(world)]
    const { url, context } = await app.oauth.authorize(person.handle)
    const callbackUrl = await person.approve(url)
    const { client } = await app.oauth.callback(callbackUrl, { context })
    await expect(app.oauth.callback(callbackUrl, { context })).rejects.toMatchObject({ code: 'state_spent' })
    expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
    expect(app.tokenRequests()).toHaveLength(1)
  })

  test('says that the person refused, and keeps nothing', async () => {
    const [person, app] = [await world.newPerson(), openApp(world)]
    const { url, context } = await app.oauth.authorize(person.handle, { state: 'to the inbox' })
    const callbackUrl = await person.deny(url)
    const failure = await app.oauth.callback(callbackUrl, { context }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(AuthorizationError)
    expect(failure).toMatchObject({ code: 'access_denied', error: 'access_denied', state: 'to the inbox' })
    expect((await keysOf(app)).filter((key) => !key.startsWith('spent/'))).toEqual([])
  })

  test('signs in with a DID, and proves the handle that it claims', async () => {
    const [person, app] = [await world.newPerson(), openApp(world)]
    const client = await signIn(app, person, person.did)
    expect(client.session).toMatchObject({ did: person.did, handle: person.handle })
  })

  test('signs in from the URL of a server, and looks the account up that comes back', async () => {
    const [person, app] = [await world.newPerson(), openApp(world)]
    const client = await signIn(app, person, world.pds)
    expect(client.session).toMatchObject({ did: person.did, handle: person.handle, pds: world.pds })
  })

  test('finds a handle by DNS and proves it in the directory', async () => {
    const person = await world.newPerson()
    const { plcDirectory, allowLoopback = [] } = world.clientOptions
    const oauth = new OAuthClient({
      redirectUri: 'http://127.0.0.1:8080/callback',
      fetch: (url, init) => world.fetch(url, init),
      clock: world.newClock(),
      allowLoopback,
      ...(plcDirectory !== undefined && { plcDirectory }),
      resolveTxt: async (name) => (name === `_atproto.${person.handle}` ? [['did=', person.did]] : []),
    })
    const { url, context } = await oauth.authorize(person.handle)
    const { client } = await oauth.callback(await person.approve(url), { context })
    expect(client.session.handle).toBe(person.handle)
  })

  test('names a handle that nobody answers for', async () => {
    const app = openApp(world)
    const failure = await app.oauth.authorize('nobody-here.test').catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'IdentityError', code: 'handle_not_found', found: 'nobody-here.test' })
    expect(await keysOf(app)).toEqual([])
  })

  test('signs in, refreshes and signs out as a confidential client', async () => {
    const person = await world.newPerson()
    const origin = 'https://app.atproof.internal'
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    const app = openApp(world, {
      clientId: `${origin}/client-metadata.json`,
      redirectUri: `${origin}/callback`,
      keys: [{ ...(await exportJWK(privateKey)), kid: 'k1' }],
    })
    await world.publish('/client-metadata.json', app.oauth.clientMetadata)
    const client = await signIn(app, person)
    const renewed = await client.refresh()
    expect((await renewed.get('com.atproto.server.getSession')).data.did).toBe(person.did)
    expect(client.session.endsAt).toBeUndefined()
    expect(await app.oauth.revoke(client.session.sessionId)).toEqual({ accepted: true })
  })
})

// Only the real page asks for a password.
test('signs in after a wrong password and then the right one', async () => {
  const world = await openRealNetwork()
  try {
    const [person, app] = [await world.newPerson(), openApp(world)]
    const { url, context } = await app.oauth.authorize(person.handle)
    const callbackUrl = await visit(world.browser, url, async (page) => {
      await submitPassword(page, { username: person.handle, password: 'not this one' })
      expect(await readRefusal(page)).not.toBe('')
      await submitPassword(page, { username: person.handle, password: person.password })
      await decide(page, 'Authorize')
    })
    const { client } = await app.oauth.callback(callbackUrl, { context })
    expect(client.did).toBe(person.did)
  } finally {
    await world.close()
  }
})
