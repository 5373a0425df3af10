import { AuthorizationError, NetworkError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, CLIENT_ID, confidentialAlice, failureOf, keysIn, refusedAuthorize, SCOPE } from '../scene.ts'
import { answer, PDS as ISSUER, PAR, pushes } from './scene.ts'

describe('the answer to a pushed request', () => {
  test('[D11] makes a URL of nothing but the client and the reference', async () => {
    const scene = await confidentialAlice()
    const { url } = await scene.oauth.authorize('alice.example.com')
    expect(url.startsWith(`${ISSUER}/oauth/authorize?`)).toBe(true)
    expect(Object.fromEntries(new URL(url).searchParams)).toEqual({
      client_id: CLIENT_ID,
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:req-/),
    })
  })

  test('[D11] keeps the query that the endpoint has', async () => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata['authorization_endpoint'] = `${ISSUER}/oauth/authorize?tenant=1`
    const { url } = await scene.oauth.authorize('alice.example.com')
    expect([...new URL(url).searchParams.keys()]).toEqual(['tenant', 'client_id', 'request_uri'])
    expect(new URL(url).searchParams.get('tenant')).toBe('1')
  })

  test.each<[string, () => Response, string, Readonly<Record<string, unknown>>]>([
    [
      '400',
      answer(400, { error: 'invalid_scope', error_description: 'no such scope' }),
      'scope_refused',
      { field: 'scope', expected: 'a scope that this server grants', found: SCOPE, error: 'invalid_scope' },
    ],
    [
      '401',
      answer(401, { error: 'invalid_client' }),
      'client_refused',
      { field: 'error', error: 'invalid_client' },
    ],
    ['403 of a proxy', () => new Response('<html>', { status: 403 }), 'request_refused', { found: 'status 403' }],
    ['405', () => new Response(null, { status: 405 }), 'request_refused', { found: 'status 405' }],
    ['413', () => new Response('too large', { status: 413 }), 'request_refused', { found: 'status 413' }],
    ['500', answer(500, { error: 'server_error' }), 'server_failing', { error: 'server_error' }],
    ['502 of a proxy', () => new Response('<html>', { status: 502 }), 'server_failing', { found: 'status 502' }],
    ['200', answer(200, { request_uri: 'urn:x' }), 'request_refused', { field: 'request_uri' }],
    ['201 without a reference', answer(201, {}), 'request_refused', { field: 'request_uri' }],
    ['201 with an empty one', answer(201, { request_uri: '' }), 'request_refused', {}],
    ['201 with a number', answer(201, { request_uri: 7 }), 'request_refused', {}],
    ['201 with a web page', () => new Response('<html>', { status: 201 }), 'request_refused', {}],
  ])('[D11] [D12] that is %s is an error, and nothing is stored', async (_, respond, code, facts) => {
    const scene = alicesScene({ network: { noNonces: true } })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({
      code,
      url: PAR,
      expected: 'status 201 with a request_uri',
      retryable: code === 'server_failing',
      ...facts,
    })
    expect(await keysIn(scene.storage)).toEqual([])
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[D12] tells what the server said of it', async () => {
    const scene = alicesScene()
    const said = { error: 'invalid_scope', error_description: 'Scope "transition:email" is not declared' }
    scene.network.fault({ path: '/oauth/par', respond: () => Response.json(said, { status: 400 }) })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error.message).toBe(
      `the authorization server does not grant this scope at ${PAR} (scope, expected a scope that this server grants, found "${SCOPE}"): Scope "transition:email" is not declared`,
    )
  })

  test.each<[status: number, error: string | undefined, code: string, field: string, retryable: boolean]>([
    [400, 'invalid_request', 'request_refused', 'error', false],
    [400, 'unsupported_response_type', 'request_refused', 'error', false],
    [400, 'invalid_scope', 'scope_refused', 'scope', false],
    [400, 'invalid_client', 'client_refused', 'error', false],
    [401, 'invalid_client', 'client_refused', 'error', false],
    [400, 'invalid_client_metadata', 'client_refused', 'error', false],
    [400, 'invalid_redirect_uri', 'client_refused', 'error', false],
    [400, 'unauthorized_client', 'client_refused', 'error', false],
    [403, 'access_denied', 'request_refused', 'error', false],
    [400, 'constructor', 'request_refused', 'error', false],
    [405, undefined, 'request_refused', 'request_uri', false],
    [413, 'invalid_request', 'request_refused', 'error', false],
    [429, undefined, 'request_refused', 'request_uri', true],
    [429, 'rate_limit_exceeded', 'request_refused', 'error', true],
    [500, 'server_error', 'server_failing', 'error', true],
    [503, 'temporarily_unavailable', 'server_failing', 'error', true],
    [502, undefined, 'server_failing', 'request_uri', true],
  ])('[D12] that is %d %s means %s', async (status, name, code, field, retryable) => {
    const scene = alicesScene({ network: { noNonces: true } })
    const said = name === undefined ? undefined : JSON.stringify({ error: name, error_description: 'so it is' })
    const headers = { 'content-type': said ? 'application/json' : 'text/html', 'retry-after': '30' }
    const respond = () => new Response(said ?? '<html><p>so it is</p></html>', { status, headers })
    scene.network.fault({ path: '/oauth/par', respond, times: Infinity })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(AuthorizationError)
    expect(error).toMatchObject({ code, field, retryable, error: name, url: PAR })
    // What a web page says is not for a message.
    expect(error.message.includes('so it is')).toBe(name !== undefined)
    expect(error.message).not.toContain('<')
    // When to try again is for the app to read.
    expect(error.response?.headers.get('retry-after')).toBe('30')
    expect(pushes(scene)).toHaveLength(1)
  })

  test('[D12] tells an error that only the challenge of a 401 names', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    const headers = { 'www-authenticate': 'Bearer error="invalid_token", DPoP error="invalid_dpop_proof"' }
    scene.network.fault({ path: '/oauth/par', respond: () => new Response('', { status: 401, headers }) })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: 'request_refused',
      field: 'error',
      found: 'invalid_dpop_proof',
      error: 'invalid_dpop_proof',
    })
  })

  test('[D12] shortens what the server says of it', async () => {
    const scene = alicesScene({ network: { noNonces: true } })
    const respond = answer(400, { error: 'invalid_request', error_description: 'x'.repeat(5000) })
    scene.network.fault({ path: '/oauth/par', respond })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error.message.length).toBeLessThan(500)
    expect(error.message).toMatch(/x…$/)
  })

  test.each([[7], [null], [['x']], [{ text: 'x' }]])(
    '[D12] says nothing of an error_description that is %j',
    async (error_description) => {
      const scene = alicesScene({ network: { noNonces: true } })
      const respond = answer(400, { error: 'invalid_request', error_description })
      scene.network.fault({ path: '/oauth/par', respond })
      const { message } = await refusedAuthorize(scene, 'alice.example.com')
      expect(message).toMatch(/found "invalid_request"\)$/)
    },
  )

  test('[J13] that redirects is not followed: an assertion goes nowhere else', async () => {
    const scene = await confidentialAlice()
    scene.network.fault({ path: '/oauth/par', respond: () => Response.redirect('https://evil.example.com/', 307) })
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'redirected', url: PAR, found: 307 })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test('[D12] that is lost leaves nothing behind', async () => {
    const scene = alicesScene()
    scene.network.fault({ path: '/oauth/par', lose: 'answer' })
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toMatchObject({ name: 'NetworkError', code: 'connection_failed', url: PAR, retryable: true })
    expect(await keysIn(scene.storage)).toEqual([])
    expect(pushes(scene)).toHaveLength(2)
  })
})
