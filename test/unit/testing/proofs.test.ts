import { expect, test } from 'vitest'
import { decodeProof, verifyProof } from '../../../src/testing/verify-proof.ts'
import { confidentialAlice, signedInAlice } from './scene.ts'

// What both networks do is in e2e/contract. Here is what only a clock that stands still can tell, and what tests use.

test('takes a date 190 s back and 180 s ahead, by the clock of the server', async () => {
  const { network, client, tokens } = await signedInAlice()
  const at = async (offset: number) => {
    const iat = network.clock.now() / 1000 + offset
    return (await client.getSession(tokens, { proofPayload: { iat } })).status
  }
  await client.getSession(tokens)
  expect([await at(-190), await at(-191), await at(180), await at(181)]).toEqual([200, 401, 200, 401])
  network.serverClockOffsetMs = 100_000
  expect([await at(-90), await at(-91), await at(280), await at(281)]).toEqual([200, 401, 200, 401])
})

test('takes an assertion of the last minute, and none of the next second', async () => {
  const { network, client } = await confidentialAlice()
  const key = client.clientKey ?? client.key
  const at = async (offset: number) => {
    const iat = network.clock.now() / 1000 + offset
    return (await client.par({ client_assertion: await client.assert(key, { iat, exp: iat + 3600 }) })).status
  }
  expect([await at(-61), await at(-60), await at(0), await at(1)]).toEqual([400, 201, 201, 400])
})

test('a nonce lives two minutes and a bit', async () => {
  const { network, client, tokens } = await signedInAlice()
  await network.clock.advance(179_999)
  expect((await client.getSession(tokens, { retriesNonce: false })).status).toBe(200)
  await network.clock.advance(180_000)
  expect((await client.getSession(tokens, { retriesNonce: false })).json.error).toBe('use_dpop_nonce')
})

test('a network without nonces gives none, and refuses one', async () => {
  const { client, tokens } = await signedInAlice({ noNonces: true })
  const { status, headers } = await client.refresh(tokens, { retriesNonce: false })
  expect([status, headers.has('dpop-nonce'), headers.has('access-control-expose-headers')]).toEqual([
    200,
    false,
    false,
  ])
  const refused = await client.par({}, { proofPayload: { nonce: 'mine' }, retriesNonce: false })
  expect(refused.json.error).toBe('use_dpop_nonce')
})

test('verifyProof takes a good proof and says what is wrong with a bad one', async () => {
  const { network, client, tokens } = await signedInAlice()
  await client.getSession(tokens)
  const jwt = network.log.last?.headers.get('dpop') ?? ''
  const url = `${network.pds}/xrpc/com.atproto.server.getSession?ignored`
  const facts = { method: 'GET', url, accessToken: tokens.access_token }
  const proof = await verifyProof(jwt, facts)
  expect(proof.thumbprint).toBe(await client.thumbprint())
  expect(proof).toMatchObject(decodeProof(jwt))
  await expect(verifyProof(jwt, { ...facts, method: 'POST' })).rejects.toThrow('htm')
  await expect(verifyProof(jwt, { ...facts, url: network.pds })).rejects.toThrow('htu')
  await expect(verifyProof(jwt, { method: 'GET', url })).rejects.toThrow('ath')
  await expect(verifyProof(jwt, { ...facts, now: Date.now() + 400_000_000 })).rejects.toThrow('iat')
})
