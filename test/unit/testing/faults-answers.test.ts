import type { BodyFault, FakeNetwork, Fault } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { alicesNetwork, signedInAlice } from './scene.ts'

const TOKEN = '/oauth/token'
const SERVER = '/.well-known/oauth-authorization-server'
const RESOURCE = '/.well-known/oauth-protected-resource'
const MIB = 1024 * 1024

const { network: plain } = await alicesNetwork()
const SERVER_FIELDS = Object.keys(plain.authorizationServerMetadata)
const RESOURCE_FIELDS = Object.keys(plain.protectedResourceMetadata)

async function getJson(network: FakeNetwork, url: string): Promise<Record<string, unknown>> {
  return (await network.fetch(url)).json() as Promise<Record<string, unknown>>
}

/** The metadata of the server, once whole and once struck. */
async function fetchStruck(body: BodyFault): Promise<[string, Response]> {
  const { network } = await alicesNetwork()
  const url = network.issuer + SERVER
  const whole = await (await network.fetch(url)).text()
  network.fault({ path: SERVER, body })
  const struck = await network.fetch(url)
  expect(struck.status).toBe(200)
  expect(await (await network.fetch(url)).text()).toBe(whole)
  return [whole, struck]
}

/** The WWW-Authenticate of a refused token. */
async function fetchChallenge(challenge: 'several' | 'unquoted' | 'capitals'): Promise<[string, string]> {
  const { network, client, tokens } = await signedInAlice()
  await client.getSession(tokens)
  network.fault({ path: /getSession$/, challenge })
  const refuse = async () => {
    const { headers } = await client.getSession({ ...tokens, access_token: 'unknown' })
    return headers.get('www-authenticate') ?? ''
  }
  const struck = await refuse()
  return [await refuse(), struck]
}

describe('bodies', () => {
  test('html is a page that calls itself one', async () => {
    const [, response] = await fetchStruck('html')
    expect(response.headers.get('content-type')).toMatch(/^text\/html/)
    expect(await response.text()).toMatch(/^<!doctype html>/)
  })

  test('empty is no byte, and still called JSON', async () => {
    const [, response] = await fetchStruck('empty')
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(await response.text()).toBe('')
  })

  test('half ends as if that were all, and is no JSON any more', async () => {
    const [whole, response] = await fetchStruck('half')
    const text = await response.text()
    expect(text).toBe(whole.slice(0, Math.floor(whole.length / 2)))
    expect(() => JSON.parse(text)).toThrow(SyntaxError)
  })

  test('cut-off gives the first half, and then the connection breaks', async () => {
    const [whole, response] = await fetchStruck('cut-off')
    const reader = response.body?.getReader()
    const first = await reader?.read()
    expect(new TextDecoder().decode(first?.value)).toBe(whole.slice(0, Math.floor(whole.length / 2)))
    const broken = { name: 'TypeError', message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } }
    await expect(reader?.read()).rejects.toMatchObject(broken)
    const [, other] = await fetchStruck('cut-off')
    await expect(other.json()).rejects.toThrow('terminated')
  })

  test('huge is JSON after 64 MiB of blanks', async () => {
    const [whole, response] = await fetchStruck('huge')
    const text = await response.text()
    expect(text.length).toBe(64 * MIB + whole.length)
    expect(text.trim()).toBe(whole)
  })

  test('huge is made only as far as it is read, and no further once the reader cancels', async () => {
    const before = process.memoryUsage().arrayBuffers
    const [, response] = await fetchStruck('huge')
    const reader = response.body?.getReader()
    expect((await reader?.read())?.value?.length).toBeLessThanOrEqual(MIB)
    await reader?.cancel()
    // Half a GiB, if they were made at once: they are held here, so that no collection hides them.
    const unread = await Promise.all(Array.from({ length: 8 }, () => fetchStruck('huge')))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MIB)
    expect(unread).toHaveLength(8)
    expect(await reader?.read()).toEqual({ done: true, value: undefined })
  })

  test('array is a list with the body in it', async () => {
    const [whole, response] = await fetchStruck('array')
    expect(await response.json()).toEqual([JSON.parse(whole)])
  })

  test('text is the body under another type', async () => {
    const [whole, response] = await fetchStruck('text')
    expect(response.headers.get('content-type')).toBe('text/plain')
    expect(await response.text()).toBe(whole)
  })

  test.each<Fault>([
    { path: '/', body: 'empty' },
    { path: '/', body: 'half' },
    { path: '/', body: 'huge' },
    { path: '/', body: 'cut-off' },
    { path: '/', hang: 'body' },
    { path: '/', set: { more: 'text' } },
  ])('a length that is no longer true is not told: %o', async (fault) => {
    const { network } = await alicesNetwork()
    network.host('https://other.example', () => Response.json({}, { headers: { 'content-length': '2' } }))
    const get = async () => (await network.fetch('https://other.example')).headers.get('content-length')
    expect(await get()).toBe('2')
    network.fault(fault)
    expect(await get()).toBe(null)
    expect(await get()).toBe('2')
  })

  test('an answer that has no body is let be', async () => {
    const { network } = await alicesNetwork()
    network.host('https://other.example', () => new Response(null, { status: 204 }))
    const fault = network.fault({ path: 'https://other.example', body: 'html' })
    expect((await network.fetch('https://other.example')).status).toBe(204)
    expect(fault.count).toBe(0)
  })

  test('the server has acted, and a nonce challenge is spared', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    network.rotateNonces()
    network.fault({ path: TOKEN, body: 'half' })
    await expect(client.refresh(tokens)).rejects.toThrow(SyntaxError)
    expect(alice.session.refreshCount).toBe(1)
  })
})

describe('documents', () => {
  test.each(SERVER_FIELDS)('a server without %s', async (field) => {
    const { network } = await alicesNetwork()
    const url = network.issuer + SERVER
    network.fault({ path: SERVER, omit: field })
    expect(Object.keys(await getJson(network, url))).toEqual(SERVER_FIELDS.filter((each) => each !== field))
    expect(Object.keys(await getJson(network, url))).toEqual(SERVER_FIELDS)
  })

  test.each(RESOURCE_FIELDS)('a PDS without %s', async (field) => {
    const { network } = await alicesNetwork()
    const url = network.pds + RESOURCE
    network.fault({ path: RESOURCE, omit: field })
    expect(Object.keys(await getJson(network, url))).toEqual(RESOURCE_FIELDS.filter((each) => each !== field))
    expect(Object.keys(await getJson(network, url))).toEqual(RESOURCE_FIELDS)
  })

  test.each(['access_token', 'token_type', 'refresh_token', 'scope', 'expires_in', 'sub'])(
    'tokens without %s',
    async (field) => {
      const { network, client, tokens } = await signedInAlice()
      network.fault({ path: TOKEN, omit: field })
      const { status, json } = await client.refresh(tokens)
      expect([status, field in json, 'access_token' in tokens]).toEqual([200, false, true])
    },
  )

  test('a wrong issuer, and another one at the PDS', async () => {
    const { network } = await alicesNetwork()
    network.fault({ path: SERVER, set: { issuer: 'https://evil.example' } })
    expect(await getJson(network, network.issuer + SERVER)).toMatchObject({ issuer: 'https://evil.example' })
    network.fault({ path: RESOURCE, set: { authorization_servers: ['https://evil.example'] } })
    const resource = await getJson(network, network.pds + RESOURCE)
    expect(resource['authorization_servers']).toEqual(['https://evil.example'])
    expect(resource['resource']).toBe(network.pds)
  })

  test('two authorization servers', async () => {
    const { network } = await alicesNetwork()
    const authorization_servers = [network.issuer, 'https://second.example']
    network.fault({ path: RESOURCE, set: { authorization_servers } })
    expect(await getJson(network, network.pds + RESOURCE)).toMatchObject({ authorization_servers })
  })

  test('a wrong id in a DID document, and none of its services', async () => {
    const { network, alice } = await alicesNetwork()
    const url = `https://plc.directory/${alice.did}`
    network.fault({ path: url, set: { id: 'did:plc:someoneelse' } })
    network.fault({ path: url, omit: 'service' })
    expect(await getJson(network, url)).toMatchObject({ id: 'did:plc:someoneelse' })
    expect(await getJson(network, url)).not.toHaveProperty('service')
    expect(await getJson(network, url)).toMatchObject({ id: alice.did, service: [{ id: '#atproto_pds' }] })
  })

  test('a wrong sub, in the exchange and in a refresh', async () => {
    const { network, alice, client } = await alicesNetwork()
    network.fault({ path: TOKEN, times: 2, set: { sub: 'did:plc:someoneelse' } })
    const tokens = await client.signIn(alice)
    expect(tokens.sub).toBe('did:plc:someoneelse')
    expect((await client.refresh(tokens)).json.sub).toBe('did:plc:someoneelse')
  })

  test('json changes an object in place, gives another one, and may take its time', async () => {
    const { network } = await alicesNetwork()
    const url = network.issuer + SERVER
    network.fault({ path: SERVER, json: (object) => void (object['issuer'] = 42) })
    network.fault({ path: SERVER, json: async (object) => ({ only: object['issuer'] }) })
    network.fault({ path: SERVER, json: () => null })
    expect(await getJson(network, url)).toMatchObject({ issuer: 42, token_endpoint: expect.any(String) })
    expect(await getJson(network, url)).toEqual({ only: network.issuer })
    expect(await getJson(network, url)).toBe(null)
  })

  test('json, set and omit wait for a success, and for JSON', async () => {
    const { network, client, tokens } = await signedInAlice()
    const fault = network.fault({ path: TOKEN, set: { a: 1 } })
    expect((await client.refresh({ ...tokens, refresh_token: 'unknown' })).json).not.toHaveProperty('a')
    expect(fault.count).toBe(0)
    expect((await client.refresh(tokens)).json).toHaveProperty('a', 1)
    network.fault({ path: '/.well-known/atproto-did', set: { a: 1 } })
    const reported = { cause: { message: expect.stringContaining('the JSON of an answer that is none') } }
    await expect(network.fetch('https://alice.example.com/.well-known/atproto-did')).rejects.toMatchObject(
      reported,
    )
  })
})

describe('challenges', () => {
  test('several stand before the one that is meant', async () => {
    const [plainly, struck] = await fetchChallenge('several')
    expect(plainly).toMatch(/^DPoP .*error="invalid_token", error_description="Invalid token"$/)
    expect(struck).toBe(`Basic realm="a, b", Bearer error="invalid_request", ${plainly}`)
  })

  test('one without quotes', async () => {
    const [, struck] = await fetchChallenge('unquoted')
    expect(struck).toMatch(/^DPoP [^"]*error=invalid_token, error_description=Invalid_token$/)
  })

  test('one in capitals', async () => {
    const [, struck] = await fetchChallenge('capitals')
    expect(struck).toMatch(/^DPOP .*ERROR="invalid_token", ERROR_DESCRIPTION="Invalid token"$/)
  })

  test('an answer without a challenge is let be', async () => {
    const { network, client, tokens } = await signedInAlice()
    const fault = network.fault({ path: /getSession$/, challenge: 'several' })
    await client.getSession(tokens)
    expect(fault.count).toBe(0)
  })
})

describe('nonces', () => {
  test('a missing one', async () => {
    const { network, client, tokens } = await signedInAlice()
    network.fault({ path: TOKEN, nonce: 'missing' })
    const { status, headers, json } = await client.refresh(tokens)
    expect([status, headers.has('dpop-nonce')]).toEqual([200, false])
    expect((await client.refresh(json)).headers.has('dpop-nonce')).toBe(true)
    network.rotateNonces()
    network.fault({ path: TOKEN, nonce: 'missing' })
    const challenged = await client.refresh(json, { retriesNonce: false })
    expect(challenged.json).toMatchObject({ error: 'use_dpop_nonce' })
    expect(challenged.headers.has('dpop-nonce')).toBe(false)
  })

  test('a wrong one is refused when it comes back', async () => {
    const { network, client, tokens } = await signedInAlice()
    network.fault({ path: TOKEN, nonce: 'wrong' })
    const { json } = await client.refresh(tokens)
    const refused = await client.refresh(json, { retriesNonce: false })
    expect(refused).toMatchObject({ status: 400, json: { error: 'use_dpop_nonce' } })
    expect((await client.refresh(json, { retriesNonce: false })).status).toBe(200)
  })

  test('one that becomes stale as the request arrives, once', async () => {
    const { network, client, tokens } = await signedInAlice()
    network.fault({ path: TOKEN, nonce: 'stale' })
    const refused = await client.refresh(tokens, { retriesNonce: false })
    expect(refused).toMatchObject({ status: 400, json: { error: 'use_dpop_nonce' } })
    expect((await client.refresh(tokens, { retriesNonce: false })).status).toBe(200)
  })

  test('rotated at every request, none is ever good', async () => {
    const { network, alice, client, tokens } = await signedInAlice()
    const fault = network.fault({ path: TOKEN, nonce: 'stale', times: Infinity })
    for (let i = 0; i < 5; i += 1) expect((await client.refresh(tokens)).status).toBe(400)
    expect([fault.count, alice.session.refreshCount]).toEqual([10, 0])
    fault.remove()
    expect((await client.refresh(tokens)).status).toBe(200)
  })
})
