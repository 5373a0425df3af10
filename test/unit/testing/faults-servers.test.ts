import { expect, test } from 'vitest'
import { MiniClient } from './mini-client.ts'
import { alicesNetwork, signedInAlice } from './scene.ts'

const TOKEN = '/oauth/token'
const GET_SESSION = '/xrpc/com.atproto.server.getSession'

test('the clock of the servers goes fast or slow: their Date, and the proofs that they take', async () => {
  const { network, client, tokens } = await signedInAlice()
  const dates: (string | null)[] = []
  for (const offset of [3_600_000, -3_600_000]) {
    network.serverClockOffsetMs = offset
    const answer = await client.getSession(tokens)
    expect(answer).toMatchObject({ status: 401, json: { error: 'invalid_dpop_proof' } })
    dates.push(answer.headers.get('date'))
    const iat = Math.floor((network.clock.now() + offset) / 1000)
    expect((await client.refresh(tokens, { proofPayload: { iat: iat + 1000 } })).status).toBe(401)
    expect((await client.getSession(tokens, { proofPayload: { iat } })).status).toBe(offset > 0 ? 401 : 200)
  }
  expect(dates).toEqual(['Thu, 01 Jan 2026 01:00:00 GMT', 'Wed, 31 Dec 2025 23:00:00 GMT'])
})

test('an access token ends by the clock of the servers', async () => {
  const { network, client, tokens } = await signedInAlice()
  network.serverClockOffsetMs = 3_599_000
  const proofPayload = { iat: Math.floor(network.serverTime / 1000) }
  expect((await client.getSession(tokens, { proofPayload })).status).toBe(200)
  network.serverClockOffsetMs = 3_600_000
  const ended = await client.getSession(tokens, { proofPayload })
  expect(ended).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
})

test('the server fails inside a rotation: 500, and the session is gone', async () => {
  const { network, alice, client } = await alicesNetwork()
  const fault = network.fault({ path: TOKEN, rotation: 'fails' })
  const tokens = await client.signIn(alice)
  expect([tokens.sub, fault.count]).toEqual([alice.did, 0])
  const failed = await client.refresh(tokens)
  expect(failed).toMatchObject({ status: 500, json: { error: 'server_error' } })
  expect(network.log.last).toMatchObject({ status: 500, error: 'server_error', faults: ['rotation fails'] })
  expect(alice.session.deleted).toBe(true)
  expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_grant' })
  expect((await client.getSession(tokens)).status).toBe(401)
})

test('a token that is good is refused, and the session lives', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  const fault = network.fault({ path: GET_SESSION, tokenCheck: 'fails' })
  await network.fetch(network.pds + GET_SESSION)
  expect(fault.count).toBe(0)
  const refused = await client.getSession(tokens)
  expect(refused).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
  expect(refused.headers.get('www-authenticate')).toMatch(/^DPoP .*error="invalid_token"/)
  expect((await client.getSession(tokens)).status).toBe(200)
  expect(alice.session.deleted).toBe(false)
})

test('revoked sessions are refused at both servers', async () => {
  const { alice, client, tokens } = await signedInAlice()
  alice.revokeSessions()
  expect(await client.getSession(tokens)).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
  expect(await client.refresh(tokens)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
})

test('an account moves to another PDS under the same issuer, and keeps its session', async () => {
  const { network, alice, client, tokens } = await signedInAlice({ entryway: true })
  const { origin, issuer } = network.addPds('https://pds2.example.com')
  expect(issuer).toBe(network.issuer)
  alice.moveTo(origin)
  const document = await (await network.fetch(`https://plc.directory/${alice.did}`)).json()
  expect(document).toMatchObject({ id: alice.did, service: [{ serviceEndpoint: origin }] })
  const resource = await (await network.fetch(`${origin}/.well-known/oauth-protected-resource`)).json()
  expect(resource).toMatchObject({ resource: origin, authorization_servers: [network.issuer] })
  const { json } = await client.refresh(tokens)
  const answer = await client.send(origin + GET_SESSION, { accessToken: json.access_token })
  expect(answer).toMatchObject({ status: 200, json: { did: alice.did } })
})

test('an account moves to another issuer, which knows none of its tokens', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  const { origin } = network.addPds('https://pds2.example.com', { issuer: 'https://pds2.example.com' })
  alice.moveTo(origin)
  const resource = await (await network.fetch(`${origin}/.well-known/oauth-protected-resource`)).json()
  expect(resource).toMatchObject({ resource: origin, authorization_servers: [origin] })
  const server = await (await network.fetch(`${origin}/.well-known/oauth-authorization-server`)).json()
  expect(server).toMatchObject({ issuer: origin, token_endpoint: origin + TOKEN })
  const answer = await client.send(origin + GET_SESSION, { accessToken: tokens.access_token })
  expect(answer).toMatchObject({ status: 401, json: { error: 'invalid_token' } })
  const body = await client.form({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  expect(await client.send(origin + TOKEN, { body })).toMatchObject({
    status: 400,
    json: { error: 'invalid_grant' },
  })
})

test('a nonce of one server is none of another', async () => {
  const { network, client } = await signedInAlice({ entryway: true })
  const nonce = client.nonces.get(network.issuer) ?? ''
  const other = new MiniClient(network, client.key)
  other.nonces.set(network.issuer, nonce)
  expect((await other.par({}, { retriesNonce: false })).status).toBe(201)
  network.addPds('https://pds2.example.com', { issuer: 'https://pds2.example.com' })
  other.nonces.set('https://pds2.example.com', nonce)
  const body = await other.form({ grant_type: 'refresh_token', refresh_token: 'unknown' })
  const answer = await other.send(`https://pds2.example.com${TOKEN}`, { body, retriesNonce: false })
  expect(answer.json.error).toBe('use_dpop_nonce')
})
