import { createServer } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { consent, decide, launchChromium, readRefusal, submitPassword } from '../browser.ts'
import { ensureChromium } from '../install.ts'
import { BareClient } from './bare-client.ts'
import { listenOnLoopback } from './loopback.ts'
import { type RealNetwork, startNetwork } from './start.ts'

const SESSION = '/xrpc/com.atproto.server.getSession'
const alice = { username: 'alice.test', password: 'alice-pass' }
const app = createServer((_request, response) => response.end('the app'))

let network: RealNetwork
let browser: Browser
let did: string
let redirectUri: string
beforeAll(async () => {
  network = await startNetwork()
  browser = await launchChromium(await ensureChromium())
  did = (await network.createAccount({ handle: alice.username, password: alice.password })).did
  redirectUri = `http://127.0.0.1:${await listenOnLoopback(app)}/callback`
})
afterAll(async () => {
  await browser.close()
  await network.close()
  app.close()
  app.closeAllConnections()
})

/** Signs alice in on the page that a client sends her to, and returns what the app is called back with. */
async function visit(
  client: BareClient,
  act: (page: Page) => Promise<void>,
  loginHint?: string,
): Promise<URLSearchParams> {
  // Without a nonce, the first request is only told one.
  await client.post('/oauth/par', {})
  const page = await browser.newPage({ locale: 'en-US' })
  await page.goto(await client.authorize(loginHint))
  await act(page)
  await page.waitForURL(`${redirectUri}?*`)
  const { searchParams } = new URL(page.url())
  await page.close()
  return searchParams
}

async function signIn(): Promise<{ client: BareClient; tokens: Record<string, string> }> {
  const client = new BareClient(network.pds, redirectUri)
  const approve = (page: Page) => consent(page, { ...alice, decision: 'Authorize' })
  const answer = await visit(client, approve, alice.username)
  return { client, tokens: await client.exchange(answer.get('code') ?? '') }
}

test('signs in on the real page and gets a session that the PDS takes', async () => {
  const { client, tokens } = await signIn()
  expect(tokens).toMatchObject({ token_type: 'DPoP', sub: did })
  expect(await client.get(SESSION, tokens['access_token'])).toMatchObject({ did, handle: 'alice.test' })
})

test('shows a message for a wrong password, and goes on with the right one', async () => {
  const answer = await visit(new BareClient(network.pds, redirectUri), async (page) => {
    await submitPassword(page, { ...alice, password: 'wrong' })
    expect(await readRefusal(page)).toBe('Wrong identifier or password')
    await submitPassword(page, alice)
    await decide(page, 'Authorize')
  })
  expect(answer.has('code')).toBe(true)
})

test('tells the app that access was denied', async () => {
  const client = new BareClient(network.pds, redirectUri)
  const answer = await visit(client, (page) => consent(page, { ...alice, decision: 'Deny access' }))
  expect(Object.fromEntries(answer)).toMatchObject({ error: 'access_denied', iss: network.pds })
})

test('makes every nonce invalid that it handed out', async () => {
  const { client, tokens } = await signIn()
  await network.invalidateNonces()
  expect(await client.get(SESSION, tokens['access_token'])).toMatchObject({ error: 'use_dpop_nonce' })
  expect(await client.get(SESSION, tokens['access_token'])).toMatchObject({ did })
})

test('revokes all sessions of an account', async () => {
  const { client, tokens } = await signIn()
  await network.revokeSessions(did)
  expect(await client.get(SESSION, tokens['access_token'])).toMatchObject({ error: 'invalid_token' })
})

test('issues access tokens for as long as it was told to', async () => {
  await network.setAccessTokenLifetime(600_000)
  const { tokens } = await signIn()
  expect(Number(tokens['expires_in'])).toBeGreaterThan(595)
  expect(Number(tokens['expires_in'])).toBeLessThanOrEqual(600)
})

test('fetches the metadata of a client from the origin that it is mapped to', async () => {
  const clientId = 'https://app.atproof.internal/client-metadata.json'
  const redirect = 'https://app.atproof.internal/callback'
  const site = createServer((request, response) => {
    response.setHeader('content-type', 'application/json')
    response.statusCode = request.url === '/client-metadata.json' ? 200 : 404
    response.end(JSON.stringify(describeClient(clientId, redirect)))
  })
  const port = await listenOnLoopback(site)
  const client = new BareClient(network.pds, redirect, clientId)
  await client.post('/oauth/par', {})
  await expect(client.authorize()).rejects.toThrow('invalid_client_metadata')
  await network.mapOrigin('https://app.atproof.internal', `http://127.0.0.1:${port}`)
  await expect(client.authorize()).resolves.toContain('request_uri')
  site.close()
  site.closeAllConnections()
})

function describeClient(clientId: string, redirect: string): object {
  return {
    client_id: clientId,
    redirect_uris: [redirect],
    scope: 'atproto',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    dpop_bound_access_tokens: true,
  }
}
