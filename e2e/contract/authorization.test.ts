import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GRANTED_SCOPES } from './granted-scopes.ts'
import type { Fields } from './plain-client.ts'
import { type ContractScene, headersOf, openScene, outcomeOf } from './scene.ts'
import { TAKEN_REQUESTS } from './taken-requests.ts'
import { WORLDS } from './worlds.ts'

const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512'
const CROSS_ORIGIN = {
  'access-control-allow-headers': 'Content-Type,DPoP',
  'access-control-allow-methods': '*',
  'access-control-allow-origin': '*',
  'access-control-max-age': '86400',
}
const ENDPOINT = {
  ...CROSS_ORIGIN,
  'access-control-expose-headers': 'DPoP-Nonce',
  'cache-control': 'no-store',
  'content-type': 'application/json',
  'dpop-nonce': expect.any(String),
  pragma: 'no-cache',
}

describe.each(WORLDS)('on %s', (_, open) => {
  let scene: ContractScene
  beforeAll(async () => {
    scene = await openScene(open)
  })
  afterAll(() => scene.world.close())

  /** A client, and the callback after what the person did. */
  async function callbackOf(fields: Fields, scope?: string) {
    const client = await scene.newClient()
    const url = await client.authorizationUrl(fields)
    const callback = await scene.person.approve(url, scope === undefined ? {} : { scope })
    return { client, url, callback, query: callback.slice(callback.search(/[?#]/)) }
  }

  describe('a pushed request', () => {
    test('is answered with a request_uri, and with headers for any web page', async () => {
      const answer = await (await scene.newClient()).par()
      expect(answer.status).toBe(201)
      expect(Object.keys(answer.json)).toEqual(['request_uri', 'expires_in'])
      expect(answer.json.request_uri).toMatch(/^urn:ietf:params:oauth:request_uri:req-[0-9a-f]{32}$/)
      expect([299, 300]).toContain(answer.json.expires_in)
      expect(headersOf(answer)).toEqual(ENDPOINT)
    })

    test.each(['par', 'token', 'revoke'])('of a web page may be asked about beforehand: %s', async (name) => {
      const response = await scene.world.fetch(`${scene.world.issuer}/oauth/${name}`, { method: 'OPTIONS' })
      expect([response.status, headersOf(response)]).toEqual([200, CROSS_ORIGIN])
    })

    test('that is not proved right is challenged, and a text with quotes is left out of the challenge', async () => {
      const client = await scene.newClient()
      const challenge = `DPoP algs="${ALGORITHMS}", error="invalid_dpop_proof"`
      const exposed = { 'access-control-expose-headers': 'DPoP-Nonce, WWW-Authenticate' }
      const mismatch = await client.par({}, { proofPayload: { htm: 'GET' } })
      expect(headersOf(mismatch)).toEqual({ ...ENDPOINT, ...exposed, 'www-authenticate': challenge })
      expect(mismatch.json).toEqual({ error: 'invalid_dpop_proof', error_description: 'DPoP "htm" mismatch' })
      const empty = await client.par({}, { proof: '' })
      const description = 'error_description="DPoP header cannot be empty"'
      expect(empty.headers.get('www-authenticate')).toBe(`${challenge}, ${description}`)
    })

    test('without a nonce is told one, without a challenge', async () => {
      const answer = await (await scene.newClient()).par({}, { retriesNonce: false })
      expect(outcomeOf(answer)).toBe('400 use_dpop_nonce')
      expect(headersOf(answer)).toEqual(ENDPOINT)
    })

    test.each(TAKEN_REQUESTS)('is taken with %s', async (_title, send) => {
      expect(outcomeOf(await send(await scene.newClient()))).toBe('201')
    })

    test.each(GRANTED_SCOPES)('for %s grants %s', async (asked, granted) => {
      const client = await scene.newClient()
      client.clientId = `http://localhost?${new URLSearchParams({ scope: asked })}`
      client.scope = asked
      expect((await client.signIn(scene.person)).scope).toBe(granted)
    })
  })

  describe('the callback', () => {
    test('has state, issuer and code, in this order', async () => {
      const { query } = await callbackOf({ state: 'a b' })
      expect(query).toMatch(
        new RegExp(`^\\?state=a\\+b&iss=${encodeURIComponent(scene.world.issuer)}&code=cod-[0-9a-f]{64}$`),
      )
    })

    test('has no state where none was sent', async () => {
      const { query } = await callbackOf({ state: undefined })
      expect(query).toMatch(new RegExp(`^\\?iss=${encodeURIComponent(scene.world.issuer)}&code=cod-[0-9a-f]{64}$`))
    })

    test('is in the fragment where that was asked for', async () => {
      const { query } = await callbackOf({ response_mode: 'fragment' })
      expect(query).toMatch(/^#state=the-state&iss=[^&]*&code=cod-/)
    })

    test('stands behind the query that the redirect URI has', async () => {
      const client = await scene.newClient()
      client.redirectUri = 'http://127.0.0.1/cb?keep=1'
      client.clientId = `http://localhost?redirect_uri=${encodeURIComponent(client.redirectUri)}`
      client.scope = 'atproto'
      const callback = await scene.person.approve(await client.authorizationUrl())
      expect(callback).toMatch(/\?keep=1&state=the-state&iss=[^&]*&code=cod-/)
    })

    test('says so where the person refuses', async () => {
      const client = await scene.newClient()
      const callback = await scene.person.deny(await client.authorizationUrl())
      expect(paramsOf(callback)).toEqual([
        ['state', 'the-state'],
        ['iss', scene.world.issuer],
        ['error', 'access_denied'],
        ['error_description', 'The user rejected the request'],
      ])
    })
  })

  describe('what the person leaves of a scope', () => {
    test('is what is granted, for good', async () => {
      const { client, callback } = await callbackOf({}, 'atproto transition:email')
      const { json } = await client.exchange(callback)
      expect(json.scope).toBe('atproto')
      expect((await client.refresh(json)).json.scope).toBe('atproto')
    })

    test('cannot be without atproto', async () => {
      const { callback } = await callbackOf({}, 'transition:generic')
      expect(Object.fromEntries(paramsOf(callback))).toMatchObject(refusal('The "atproto" scope is required'))
    })
  })

  describe('a request_uri', () => {
    test('that was consented to is refused, and its code dies', async () => {
      const { client, url, callback } = await callbackOf({})
      expect(paramsOf(await scene.person.approve(url))).toEqual([
        ['iss', scene.world.issuer],
        ['state', 'the-state'],
        ...Object.entries(refusal('This request was already authorized')),
      ])
      expect(outcomeOf(await client.exchange(callback))).toBe('400 invalid_grant')
    })

    test('is unknown once its code was exchanged, or consent was denied', async () => {
      const { client, url, callback } = await callbackOf({})
      await client.exchange(callback)
      await expect(scene.person.approve(url)).rejects.toThrow('Unknown request_uri')
      const denied = await client.authorizationUrl()
      await scene.person.deny(denied)
      await expect(scene.person.approve(denied)).rejects.toThrow('Unknown request_uri')
    })

    test('is refused for another client, and lost', async () => {
      const client = await scene.newClient()
      const url = await client.authorizationUrl()
      const foreign = url.replace(/client_id=[^&]*/, `client_id=${encodeURIComponent('http://localhost')}`)
      const answered = Object.fromEntries(paramsOf(await scene.person.approve(foreign)))
      expect(answered).toMatchObject(refusal('This request was initiated for another client'))
      await expect(scene.person.approve(url)).rejects.toThrow('Unknown request_uri')
    })

    test('that was never made shows an error page', async () => {
      const client = await scene.newClient()
      const url = await client.authorizationUrl()
      await expect(scene.person.approve(url.replace(/req-\w{32}/, `req-${'0'.repeat(32)}`))).rejects.toThrow(
        'Unknown request_uri',
      )
    })
  })
})

function paramsOf(callback: string): [string, string][] {
  return [...new URL(callback).searchParams]
}

function refusal(description: string): Record<string, string> {
  return { error: 'access_denied', error_description: description }
}
