import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { generateKey } from './mini-client.ts'
import type { SendOptions } from './mini-client.ts'
import { CLIENT_ID, confidentialAlice, signedInAlice } from './scene.ts'
import { decodeProof, verifyProof } from '../../../src/testing/verify-proof.ts'

describe('DPoP', () => {
  test.each<[string, SendOptions]>([
    ['no proof', { proof: '' }],
    ['a proof that is no JWT', { proof: 'x' }],
    ['another method', { proofPayload: { htm: 'PUT' } }],
    ['another URL', { proofPayload: { htu: 'https://pds.example.com/oauth/par' } }],
    ['a URL with its query', { proofPayload: { htu: 'https://pds.example.com/oauth/token?a=b' } }],
    ['no jti', { proofPayload: { jti: undefined } }],
    ['an empty jti', { proofPayload: { jti: '' } }],
    ['a nonce that is no string', { proofPayload: { nonce: 1 } }],
    ['no iat', { proofPayload: { iat: undefined } }],
    ['an issuer', { proofPayload: { iss: 'me' } }],
    ['a token hash without a token', { proofPayload: { ath: 'x' } }],
    ['another type', { proofHeader: { typ: 'JWT' } }],
  ])('the token endpoint refuses %s, and the session lives', async (_, options) => {
    const { alice, client, tokens } = await signedInAlice()
    const answer = await client.refresh(tokens, options)
    expect(answer).toMatchObject({ status: 401, json: { error: 'invalid_dpop_proof' } })
    expect(alice.session).toMatchObject({ deleted: false, refreshCount: 0 })
    expect((await client.refresh(tokens)).status).toBe(200)
  })

  test('refuses another algorithm', async () => {
    const { client, tokens } = await signedInAlice()
    const { privateKey, publicKey } = await generateKeyPair('ES384', { extractable: true })
    const key = { privateKey, jwk: await exportJWK(publicKey) }
    const answer = await client.getSession(tokens, { key, proofHeader: { alg: 'ES384' } })
    expect(answer).toMatchObject({ status: 401, json: { error: 'invalid_dpop_proof' } })
  })

  test('refuses a proof that shows the private key', async () => {
    const { client, tokens } = await signedInAlice()
    const proofHeader = { jwk: await exportJWK(client.key.privateKey) }
    const { status, json } = await client.getSession(tokens, { proofHeader })
    expect(status).toBe(401)
    expect(json).toMatchObject({ error: 'invalid_dpop_proof', message: expect.stringContaining('private key') })
  })

  test('takes a date 190 s back and 180 s ahead, by the clock of the server', async () => {
    const { network, client, tokens } = await signedInAlice()
    const status = async (skew: number) => {
      network.serverClockOffsetMs = skew * 1000
      return (await client.getSession(tokens)).status
    }
    expect([await status(190), await status(191)]).toEqual([200, 401])
    expect([await status(-180), await status(-181)]).toEqual([200, 401])
  })

  test('refuses the same proof twice, and nothing is harmed', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    const url = `${network.issuer}/oauth/token`
    const body = await client.form({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
    const proof = await client.prove('POST', url)
    expect((await client.send(url, { body, proof })).status).toBe(200)
    const again = await client.send(url, { body, proof })
    expect(again).toMatchObject({ status: 401, json: { error: 'invalid_dpop_proof' } })
    expect(alice.session).toMatchObject({ deleted: false, refreshCount: 1 })
  })

  test('a stale nonce is refused before the token is looked at', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    await client.refresh(tokens)
    network.rotateNonces()
    const answer = await client.refresh(tokens, { retriesNonce: false })
    expect(answer).toMatchObject({ status: 400, json: { error: 'use_dpop_nonce' } })
    expect(alice.session.deleted).toBe(false)
    expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_grant' })
    expect(alice.session.deleted).toBe(true)
  })

  test('a nonce lives two minutes and a bit', async () => {
    const { network, client, tokens } = await signedInAlice()
    await network.clock.advance(179_999)
    expect((await client.getSession(tokens, { retriesNonce: false })).status).toBe(200)
    await network.clock.advance(180_000)
    expect((await client.getSession(tokens, { retriesNonce: false })).json.error).toBe('use_dpop_nonce')
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
})

describe('client assertions', () => {
  test.each<[string, Record<string, unknown>]>([
    ['another audience', { aud: 'https://pds.example.com/oauth/token' }],
    ['another issuer', { iss: 'https://app.example.com/' }],
    ['another subject', { sub: 'https://app.example.com/' }],
    ['a date in the future', { iat: Date.UTC(2026, 0, 1) / 1000 + 1 }],
    ['a date too far back', { iat: Date.UTC(2026, 0, 1) / 1000 - 61 }],
    ['no end', { exp: undefined }],
    ['no jti', { jti: undefined }],
  ])('one with %s is refused, and the session lives', async (_, claims) => {
    const { alice, client, tokens } = await confidentialAlice()
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
    const key = client.clientKey ?? client.key
    const refused = await client.token({ ...fields, client_assertion: await client.assert(key, claims) })
    expect(refused).toMatchObject({ status: 400, json: { error: 'invalid_client' } })
    expect(alice.session.deleted).toBe(false)
  })

  test.each([
    ['no assertion', { client_assertion: undefined }],
    ['no assertion type', { client_assertion_type: undefined }],
    ['a secret', { client_secret: 'x' }],
  ])('a request with %s is refused', async (_, change) => {
    const { client, tokens } = await confidentialAlice()
    const fields = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...change }
    expect(await client.token(fields)).toMatchObject({ status: 400, json: { error: 'invalid_client' } })
  })

  test('one without a kid is refused', async () => {
    const { network, client } = await confidentialAlice()
    const key = { ...(client.clientKey ?? client.key), jwk: {} }
    const body = { client_assertion: await client.assert(key) }
    expect((await client.par(body)).json.error_description).toContain('kid')
    expect(network.log.to('/oauth/par').at(-1)?.assertion?.header).toEqual({ alg: 'ES256' })
  })

  test('one counts once', async () => {
    const { client, tokens } = await confidentialAlice()
    const assertion = await client.assert(client.clientKey ?? client.key)
    const refresh = (refresh_token: string) =>
      client.token({ grant_type: 'refresh_token', refresh_token, client_assertion: assertion })
    const { status, json } = await refresh(tokens.refresh_token)
    expect(status).toBe(200)
    expect(await refresh(json.refresh_token)).toMatchObject({ status: 400, json: { error: 'invalid_client' } })
  })

  test('a refresh with another key of the client ends the session', async () => {
    const { network, alice, client, tokens } = await confidentialAlice()
    const document = network.documents.get(CLIENT_ID) as object
    const other = await generateKey('k2')
    network.documents.set(CLIENT_ID, { ...document, jwks: { keys: [client.clientKey?.jwk, other.jwk] } })
    client.clientKey = other
    expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_grant' })
    expect(alice.session.deleted).toBe(true)
  })

  test('a refresh by another method ends the session', async () => {
    const { network, alice, client, tokens } = await confidentialAlice()
    const document = network.documents.get(CLIENT_ID) as object
    const asPublic = { token_endpoint_auth_method: 'none', token_endpoint_auth_signing_alg: undefined }
    network.documents.set(CLIENT_ID, { ...document, ...asPublic })
    client.clientKey = undefined
    expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_grant' })
    expect(alice.session.deleted).toBe(true)
  })

  test('a key that left the document is refused, and the session lives', async () => {
    const { network, alice, client, tokens } = await confidentialAlice()
    const document = network.documents.get(CLIENT_ID) as object
    network.documents.set(CLIENT_ID, { ...document, jwks: { keys: [(await generateKey('k2')).jwk] } })
    expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_client' })
    expect(alice.session.deleted).toBe(false)
  })
})
