import { expect, test } from 'vitest'
import { generateKey } from './mini-client.ts'
import { alicesNetwork, confidentialAlice, signedInAlice } from './scene.ts'

// What both networks do is in e2e/contract. Here is the fake one's own: its API, the entryway, and years that pass.

const DAY = 86_400_000

test('behind an entryway an access token lives to its end, whatever became of its session', async () => {
  const { network, alice, client, tokens } = await signedInAlice({ entryway: true, tokenLifetimeSeconds: 60 })
  const { json } = await client.refresh(tokens)
  alice.revokeSessions()
  expect((await client.refresh(json)).json).toMatchObject({ error: 'invalid_grant' })
  expect((await client.getSession(tokens)).status).toBe(200)
  await network.clock.advance(60_000)
  expect((await client.getSession(tokens)).status).toBe(401)
})

test('of many refreshes at once one wins, and the session ends', async () => {
  const { alice, client, tokens } = await signedInAlice()
  const answers = await Promise.all(Array.from({ length: 4 }, () => client.refresh(tokens)))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400])
  expect(alice.session.deleted).toBe(true)
})

test('a public session ends after two weeks, and its last access token with it', async () => {
  const { network, client, tokens } = await signedInAlice()
  await network.clock.advance(14 * DAY - 600_000)
  const { json } = await client.refresh(tokens)
  expect(json.expires_in).toBe(600)
  await network.clock.advance(600_000)
  expect((await client.refresh(json)).json).toMatchObject({ error_description: 'Session expired' })
})

test('a refresh token of a confidential client lives three months, its session two years', async () => {
  const { network, client, tokens } = await confidentialAlice()
  await network.clock.advance(91 * DAY)
  let { json } = await client.refresh(tokens)
  for (let months = 3; months < 24; months += 3) {
    await network.clock.advance(91 * DAY)
    json = (await client.refresh(json)).json
  }
  expect(json.access_token).toBeTruthy()
  await network.clock.advance(2.5 * DAY)
  expect((await client.refresh(json)).json).toMatchObject({ error_description: 'Session expired' })
  const later = await confidentialAlice()
  await later.network.clock.advance(92 * DAY)
  const answer = await later.client.refresh(later.tokens)
  expect(answer.json).toMatchObject({ error_description: 'Refresh token expired' })
})

test('access tokens end after an hour, and can be forgotten before', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  alice.expireAccessTokens()
  expect((await client.getSession(tokens)).status).toBe(401)
  const { json } = await client.refresh(tokens)
  await network.clock.advance(3_599_999)
  expect((await client.getSession(json)).status).toBe(200)
  await network.clock.advance(1)
  expect((await client.getSession(json)).status).toBe(401)
  expect(alice.session.deleted).toBe(false)
})

test('a session shows what it is bound to', async () => {
  const { alice, client, tokens } = await signedInAlice()
  expect(alice.session).toMatchObject({
    did: alice.did,
    clientId: client.clientId,
    scope: 'atproto transition:generic',
    auth: { method: 'none' },
    thumbprint: await client.thumbprint(),
    refreshCount: 0,
    deleted: false,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
  })
  await client.refresh(tokens)
  expect(alice.session.refreshCount).toBe(1)
  await client.refresh(tokens, { key: await generateKey() })
  expect(alice.session.deleted).toBe(true)
})

test('a session is asked for where there was one', async () => {
  const { alice } = await alicesNetwork()
  expect(() => alice.session).toThrow(`no session of ${alice.did}`)
})

test('a fault changes what the token endpoint says', async () => {
  const { network, client, tokens } = await signedInAlice()
  network.fault({ path: '/oauth/token', times: Infinity, json: (json) => ({ ...json, scope: 'openid' }) })
  expect((await client.refresh(tokens)).json.scope).toBe('openid')
})

test('a method of the test knows who calls', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.respond('com.example.whoami', (_, caller) => Response.json({ did: caller?.did ?? null }))
  expect((await client.call(tokens, 'com.example.whoami')).json).toEqual({ did: alice.did })
  const anonymous = await network.fetch(`${network.pds}/xrpc/com.example.whoami`)
  expect(await anonymous.json()).toEqual({ did: null })
})
