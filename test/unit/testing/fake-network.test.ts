import { describe, expect, test } from 'vitest'
import { alicesNetwork, confidentialAlice, signedInAlice } from './scene.ts'

describe('the whole path', () => {
  test('signs in, calls and refreshes', async () => {
    const { network, alice, client } = await alicesNetwork()
    const url = await client.authorizationUrl()
    const callback = network.approve(url)
    expect(callback).toMatch(/^http:\/\/127\.0\.0\.1:8080\/\?/)
    const { status, json: tokens } = await client.exchange(callback)
    expect(status).toBe(200)
    const facts = { token_type: 'DPoP', scope: client.scope, expires_in: 3600, sub: alice.did }
    expect(tokens).toMatchObject({ ...facts, access_token: expect.any(String), refresh_token: expect.any(String) })
    expect((await client.getSession(tokens)).json).toMatchObject({
      did: alice.did,
      handle: alice.handle,
      active: true,
    })
    const refreshed = await client.refresh(tokens)
    expect(refreshed.status).toBe(200)
    expect((await client.getSession(refreshed.json)).status).toBe(200)
    expect(alice.session).toMatchObject({
      deleted: false,
      refreshCount: 1,
      clientId: client.clientId,
    })
  })

  test('logs each request with its form and its decoded proof', async () => {
    const { network, client } = await signedInAlice()
    const [challenged, pushed, exchanged] = network.log
    expect(challenged).toMatchObject({
      path: '/oauth/par',
      status: 400,
      error: 'use_dpop_nonce',
      outcome: 'answered',
    })
    expect(pushed?.form?.get('state')).toBe('the-state')
    expect(pushed?.dpop?.payload).toMatchObject({ htm: 'POST', htu: `${network.issuer}/oauth/par` })
    expect(exchanged?.dpop?.header.jwk).toEqual(client.key.jwk)
    expect(network.log.to('/oauth/par')).toHaveLength(2)
    expect(network.log.to(/\/oauth\/tok/)).toEqual([exchanged])
  })

  test('keeps records', async () => {
    const { alice, client, tokens } = await signedInAlice()
    const body = JSON.stringify({ repo: alice.did, collection: 'com.example.note', record: { text: 'hi' } })
    const headers = { 'content-type': 'application/json' }
    const { json } = await client.call(tokens, 'com.atproto.repo.createRecord', { body, headers })
    const [, , repo, collection, rkey] = String(json.uri).split('/')
    const query = new URLSearchParams({ repo: repo ?? '', collection: collection ?? '', rkey: rkey ?? '' })
    const read = await client.call(tokens, `com.atproto.repo.getRecord?${query}`)
    const { uri, cid } = json
    expect(read.json).toEqual({ uri, cid, value: { $type: 'com.example.note', text: 'hi' } })
  })

  test('behind an entryway the servers are two, with nonces of their own', async () => {
    const { network, client, tokens } = await signedInAlice({ entryway: true })
    expect(network.issuer).toBe('https://entryway.example.com')
    const answer = await client.getSession(tokens, { retriesNonce: false })
    expect(answer.headers.get('www-authenticate')).toMatch(/^DPoP .*error="use_dpop_nonce", error_description="/)
    expect((await client.getSession(tokens)).status).toBe(200)
    expect(client.nonces.get(network.pds)).not.toBe(client.nonces.get(network.issuer))
  })

  test('without nonces nothing is challenged', async () => {
    const { network } = await signedInAlice({ noNonces: true })
    expect(network.log.entries.map(({ status }) => status)).toEqual([201, 200])
  })

  test('a confidential client signs in and refreshes with its key', async () => {
    const { network, client, tokens } = await confidentialAlice()
    expect(network.log.to('/oauth/token').at(-1)?.assertion?.header).toEqual({ alg: 'ES256', kid: 'k1' })
    expect((await client.refresh(tokens)).status).toBe(200)
  })
})

describe('discovery', () => {
  test('serves the DID document, the well-known documents and the handle', async () => {
    const { network, alice } = await alicesNetwork()
    const get = async (url: string) => (await network.fetch(url)).text()
    expect(await get(`https://plc.directory/${encodeURIComponent(alice.did)}`)).toContain(network.pds)
    expect(JSON.parse(await get(`${network.pds}/.well-known/oauth-protected-resource`))).toMatchObject({
      resource: network.pds,
      authorization_servers: [network.issuer],
    })
    const server = JSON.parse(await get(`${network.issuer}/.well-known/oauth-authorization-server`))
    expect(server).toMatchObject({ issuer: network.issuer, revocation_endpoint: `${network.issuer}/oauth/revoke` })
    expect(await get('https://alice.example.com/.well-known/atproto-did')).toBe(alice.did)
    const method = `${network.pds}/xrpc/com.atproto.identity.resolveHandle`
    expect(JSON.parse(await get(`${method}?handle=alice.example.com`))).toEqual({ did: alice.did })
    expect((await network.fetch(`${method}?handle=bob.example.com`)).status).toBe(400)
  })

  test('a handle is proved by DNS, or by its host, as the account says', async () => {
    const { network } = await alicesNetwork()
    const bob = network.createAccount('bob.example.com', { dns: true })
    expect(await network.resolveTxt('_atproto.bob.example.com')).toEqual([[`did=${bob.did}`]])
    await expect(network.fetch('https://bob.example.com/.well-known/atproto-did')).rejects.toThrow('fetch failed')
    await expect(network.resolveTxt('_atproto.alice.example.com')).rejects.toMatchObject({ code: 'ENOTFOUND' })
  })

  test('a document can be changed, buried and unknown', async () => {
    const { network, alice } = await alicesNetwork()
    network.didDocuments.set(alice.did, { id: alice.did })
    const get = (did: string) => network.fetch(`https://plc.directory/${did}`)
    expect(await (await get(alice.did)).json()).toEqual({ id: alice.did })
    network.didDocuments.set(alice.did, null)
    expect((await get(alice.did)).status).toBe(410)
    expect((await get('did:plc:unknown')).status).toBe(404)
  })

  test('an unknown host is not found, and an added one answers', async () => {
    const { network } = await alicesNetwork()
    const get = () => network.fetch('https://other.example/')
    await expect(get()).rejects.toMatchObject({ message: 'fetch failed', cause: { code: 'ENOTFOUND' } })
    network.host('https://other.example', () => new Response('hello'))
    expect(await (await get()).text()).toBe('hello')
  })

  test('serves the documents of clients, and nothing else at their hosts', async () => {
    const { network } = await alicesNetwork()
    network.documents.set('https://app.example.com/client.json', { client_name: 'App' })
    const response = await network.fetch('https://app.example.com/client.json')
    expect(await response.json()).toEqual({ client_name: 'App' })
    await expect(network.fetch('https://app.example.com/other.json')).rejects.toThrow('fetch failed')
    expect((await network.fetch(`${network.pds}/other`)).status).toBe(404)
  })

  test('a date that a test gave stays', async () => {
    const { network } = await alicesNetwork()
    network.host('https://other.example', () => new Response(null, { headers: { date: 'then' } }))
    expect((await network.fetch('https://other.example')).headers.get('date')).toBe('then')
  })

  test('every response carries the date of the server', async () => {
    const { network } = await alicesNetwork()
    network.serverClockOffsetMs = 3_600_000
    network.clock.jumpWall(-60_000)
    const response = await network.fetch(`${network.pds}/xrpc/com.example.unknown`)
    expect(response.status).toBe(400)
    expect(response.headers.get('date')).toBe('Thu, 01 Jan 2026 01:00:00 GMT')
  })

  test('follows a redirect unless it is told not to', async () => {
    const { network } = await alicesNetwork()
    network.host('https://other.example', () => Response.redirect(`${network.pds}/xrpc/com.example.unknown`))
    const followed = await network.fetch('https://other.example/')
    expect([followed.status, followed.url]).toEqual([400, `${network.pds}/xrpc/com.example.unknown`])
    expect((await network.fetch('https://other.example/', { redirect: 'manual' })).status).toBe(302)
    await expect(network.fetch('https://other.example/', { redirect: 'error' })).rejects.toThrow('fetch failed')
  })
})
