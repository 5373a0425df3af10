import { describe, expect, test } from 'vitest'
import { generateKey } from './mini-client.ts'
import { alicesNetwork, CLIENT_ID, confidentialAlice } from './scene.ts'
import { hashBase64url } from '../../../src/testing/hash.ts'

function params(url: string): Record<string, string> {
  return Object.fromEntries(new URL(url).searchParams)
}

describe('pushed requests', () => {
  test.each([
    ['client_id', undefined, 'invalid_client_metadata'],
    ['client_id', 'http://localhost:8080', 'invalid_client_metadata'],
    ['client_id', 'http://localhost?redirect_uri=http://localhost/', 'invalid_client_metadata'],
    ['client_id', 'http://localhost?scope=atproto&scope=atproto', 'invalid_client_metadata'],
    ['client_id', 'https://app.example.com/unknown.json', 'invalid_client_metadata'],
    ['response_type', 'token', 'invalid_request'],
    ['code_challenge', 'short', 'invalid_request'],
    ['code_challenge_method', 'plain', 'invalid_request'],
    ['state', undefined, 'invalid_request'],
    ['redirect_uri', 'http://127.0.0.1/other', 'invalid_request'],
    ['redirect_uri', 'http://localhost:8080/', 'invalid_request'],
    ['scope', 'transition:generic', 'invalid_scope'],
    ['scope', 'atproto transition:email', 'invalid_scope'],
    ['login_hint', '@alice.example.com', 'invalid_request'],
    ['request_uri', 'urn:x', 'invalid_request'],
    ['prompt', 'none', 'invalid_request'],
    ['dpop_jkt', 'of-another-key', 'invalid_request'],
    ['client_assertion', 'x', 'invalid_client'],
    ['client_secret', 'x', 'invalid_client'],
  ])('refuses %s %s', async (name, value, error) => {
    const { client } = await alicesNetwork()
    expect((await client.par()).status).toBe(201)
    expect(await client.par({ [name]: value })).toMatchObject({ status: 400, json: { error } })
  })

  test('refuses JSON, GET and a repeated field', async () => {
    const { network, client } = await alicesNetwork()
    await client.par()
    const url = `${network.issuer}/oauth/par`
    const headers = { 'content-type': 'application/json' }
    expect((await client.send(url, { body: '{}', headers })).json).toMatchObject({ error: 'invalid_request' })
    expect((await network.fetch(url)).status).toBe(405)
    const body = new URLSearchParams([...(await client.form({ state: 'a' })), ['state', 'b']])
    expect((await client.send(url, { body })).json.error_description).toBe('state is given twice')
  })

  test('an authorization URL counts once, in time, and with nothing else in it', async () => {
    const { network, client } = await alicesNetwork()
    const url = await client.authorizationUrl()
    expect(() => network.approve(`${url}&scope=atproto`)).toThrow('not just client_id and request_uri')
    expect(() => network.approve(url.replace('/authorize', '/other'))).toThrow('not https://pds.example.com/oauth')
    network.approve(url)
    expect(() => network.approve(url)).toThrow('unknown or was used')
    const foreign = (await client.authorizationUrl()).replace('localhost', '127.0.0.1')
    expect(() => network.approve(foreign)).toThrow('of another client')
    const late = await client.authorizationUrl()
    await network.clock.advance(300_000)
    expect(() => network.approve(late)).toThrow('expired')
  })

  test('the callback is what the user and the test make of it', async () => {
    const { network, alice, client } = await alicesNetwork()
    const bob = network.createAccount('bob.example.com')
    const url = () => client.authorizationUrl()
    await expect(url().then((each) => network.approve(each))).rejects.toThrow('whose consent?')
    const denied = params(network.deny(await url()))
    expect(denied).toMatchObject({ error: 'access_denied', iss: network.issuer, state: 'the-state' })
    expect(params(bob.approve(await url(), { iss: null }))).toEqual({
      state: 'the-state',
      code: expect.any(String),
    })
    const hinted = await client.authorizationUrl({ login_hint: 'alice.example.com' })
    const { json } = await client.exchange(network.approve(hinted, { scope: 'atproto' }))
    expect(json).toMatchObject({ sub: alice.did, scope: 'atproto' })
    const swapped = await client.exchange(alice.approve(await url(), { sub: bob.did }))
    expect(swapped.json.sub).toBe(bob.did)
    const fragment = await client.authorizationUrl({ response_mode: 'fragment' })
    expect(bob.approve(fragment)).toMatch(/\/#iss=.*&state=the-state&code=/)
  })
})

describe('codes', () => {
  test('a replayed code ends the session', async () => {
    const { network, alice, client } = await alicesNetwork()
    const callback = network.approve(await client.authorizationUrl())
    expect((await client.exchange(callback)).status).toBe(200)
    const replayed = await client.exchange(callback)
    expect(replayed).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect(alice.session.deleted).toBe(true)
  })

  test.each([
    ['another verifier', { code_verifier: 'y'.repeat(43) }],
    ['another redirect URI', { redirect_uri: 'http://127.0.0.1:8081/' }],
    ['another client', { client_id: 'http://localhost' }],
    ['no client', { client_id: undefined }],
  ])('a code is refused for %s', async (_, fields) => {
    const { network, client } = await alicesNetwork()
    const callback = network.approve(await client.authorizationUrl())
    const answer = await client.exchange(callback, fields)
    expect(answer).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  })

  test('a code is refused that is unknown, and for another key of the client', async () => {
    const { network, client } = await confidentialAlice()
    const unknown = await client.exchange('https://app.example.com/?code=unknown')
    expect(unknown).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    const callback = network.approve(await client.authorizationUrl())
    const other = await generateKey('k2')
    const document = network.documents.get(CLIENT_ID) as object
    network.documents.set(CLIENT_ID, { ...document, jwks: { keys: [client.clientKey?.jwk, other.jwk] } })
    client.clientKey = other
    expect((await client.exchange(callback)).json).toMatchObject({ error: 'invalid_grant' })
  })

  test('a verifier is at least 43 characters long', async () => {
    const { network, client } = await alicesNetwork()
    const url = await client.authorizationUrl({ code_challenge: await hashBase64url('short') })
    const { status, json } = await client.exchange(network.approve(url), { code_verifier: 'short' })
    expect([status, json]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  })

  test('a code is refused for another DPoP key, and after a minute', async () => {
    const { network, client } = await alicesNetwork()
    const stolen = network.approve(await client.authorizationUrl())
    expect((await client.exchange(stolen, {}, { key: await generateKey() })).status).toBe(400)
    const late = network.approve(await client.authorizationUrl())
    await network.clock.advance(60_000)
    expect((await client.exchange(late)).status).toBe(400)
  })
})
