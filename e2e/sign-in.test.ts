import { createServer } from 'node:http'
import { AuthorizationError, memoryStorage, OAuthClient } from 'atproof'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { decide, readRefusal, submitPassword } from './browser.ts'
import { listenOnLoopback } from './network/loopback.ts'
import { decides, openApp, openWorld, signIn, visit, type World } from './scene.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

async function keysOf(app: ReturnType<typeof openApp>): Promise<string[]> {
  const keys: string[] = []
  for await (const key of app.storage.list('')) keys.push(key)
  return keys
}

test('signs in with a handle and calls', async () => {
  const [account, app] = [await world.newAccount(), openApp(world)]
  const { url, context } = await app.oauth.authorize(`@${account.handle.toUpperCase()}`, { state: 'to the inbox' })
  expect([...new URL(url).searchParams.keys()]).toEqual(['client_id', 'request_uri'])
  const callbackUrl = await visit(world, url, decides(account, 'Authorize'))
  const { client, state } = await app.oauth.callback(callbackUrl, { context })
  expect(state).toBe('to the inbox')
  expect(client.did).toBe(account.did)
  expect(client.session).toMatchObject({
    handle: account.handle,
    issuer: world.network.pds,
    pds: world.network.pds,
    scope: 'atproto transition:generic',
    status: 'active',
    stored: true,
  })
  const { data } = await client.get('com.atproto.server.getSession')
  expect(data).toMatchObject({ did: account.did, handle: account.handle })
  const restored = await app.oauth.restore(client.session.sessionId)
  expect((await restored?.get('com.atproto.server.getSession'))?.data.did).toBe(account.did)
})

test('spends a callback once', async () => {
  const [account, app] = [await world.newAccount(), openApp(world)]
  const { url, context } = await app.oauth.authorize(account.handle)
  const callbackUrl = await visit(world, url, decides(account, 'Authorize'))
  const { client } = await app.oauth.callback(callbackUrl, { context })
  await expect(app.oauth.callback(callbackUrl, { context })).rejects.toMatchObject({ code: 'state_spent' })
  expect((await client.get('com.atproto.server.getSession')).status).toBe(200)
  expect(app.tokenRequests()).toHaveLength(1)
})

test('says that the person refused, and keeps nothing', async () => {
  const [account, app] = [await world.newAccount(), openApp(world)]
  const { url, context } = await app.oauth.authorize(account.handle, { state: 'to the inbox' })
  const callbackUrl = await visit(world, url, decides(account, 'Deny access'))
  const failure = await app.oauth.callback(callbackUrl, { context }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(AuthorizationError)
  expect(failure).toMatchObject({ code: 'access_denied', error: 'access_denied', state: 'to the inbox' })
  expect((await keysOf(app)).filter((key) => !key.startsWith('spent/'))).toEqual([])
})

test('signs in after a wrong password and then the right one', async () => {
  const [account, app] = [await world.newAccount(), openApp(world)]
  const { url, context } = await app.oauth.authorize(account.handle)
  const callbackUrl = await visit(world, url, async (page) => {
    await submitPassword(page, { username: account.handle, password: 'not this one' })
    expect(await readRefusal(page)).not.toBe('')
    await submitPassword(page, { username: account.handle, password: account.password })
    await decide(page, 'Authorize')
  })
  const { client } = await app.oauth.callback(callbackUrl, { context })
  expect(client.did).toBe(account.did)
})

test('signs in with a DID, and proves the handle that it claims', async () => {
  const [account, app] = [await world.newAccount(), openApp(world)]
  const client = await signIn(world, app, account, account.did)
  expect(client.session).toMatchObject({ did: account.did, handle: account.handle })
})

test('signs in from the URL of a server, and looks the account up that comes back', async () => {
  const [account, app] = [await world.newAccount(), openApp(world)]
  const client = await signIn(world, app, account, world.network.pds)
  expect(client.session).toMatchObject({ did: account.did, handle: account.handle, pds: world.network.pds })
})

test('finds a handle by DNS and proves it on the real directory', async () => {
  const account = await world.newAccount()
  const { plc, pds } = world.network
  const storage = memoryStorage()
  const oauth = new OAuthClient({
    redirectUri: 'http://127.0.0.1:8080/callback',
    storage,
    plcDirectory: plc,
    allowLoopback: [plc, pds],
    resolveTxt: async (name) => (name === `_atproto.${account.handle}` ? [['did=', account.did]] : []),
  })
  const { url, context } = await oauth.authorize(account.handle)
  const callbackUrl = await visit(world, url, decides(account, 'Authorize'))
  expect((await oauth.callback(callbackUrl, { context })).client.session.handle).toBe(account.handle)
})

test('names a handle that nobody answers for', async () => {
  const app = openApp(world)
  const failure = await app.oauth.authorize('nobody-here.test').catch((error: unknown) => error)
  expect(failure).toMatchObject({ name: 'IdentityError', code: 'handle_not_found', found: 'nobody-here.test' })
  expect(await keysOf(app)).toEqual([])
})

test('signs in, refreshes and signs out as a confidential client', async () => {
  const account = await world.newAccount()
  const origin = 'https://app.atproof.internal'
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const app = openApp(world, {
    clientId: `${origin}/client-metadata.json`,
    redirectUri: `${origin}/callback`,
    keys: [{ ...(await exportJWK(privateKey)), kid: 'k1' }],
  })
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/client-metadata.json' ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(app.oauth.clientMetadata))
  })
  try {
    await world.network.mapOrigin(origin, `http://127.0.0.1:${await listenOnLoopback(server)}`)
    const client = await signIn(world, app, account)
    const renewed = await client.refresh()
    expect((await renewed.get('com.atproto.server.getSession')).data.did).toBe(account.did)
    expect(client.session.endsAt).toBeUndefined()
    expect(await app.oauth.revoke(client.session.sessionId)).toEqual({ accepted: true })
  } finally {
    server.close()
    server.closeAllConnections()
  }
})
