import { DiscoveryError, NetworkError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { didDocument } from '../../../src/testing/did-document.ts'
import {
  alicesScene,
  consentedAlice,
  keysIn,
  onlyEntry,
  refusedAuthorize,
  refusedCallback,
  type Scene,
  type SceneOptions,
} from '../scene.ts'

const PDS = 'https://pds.example.com'
const ENTRYWAY = 'https://entryway.example.com'
const RESOURCE = `${PDS}/.well-known/oauth-protected-resource`
const SERVER = `${PDS}/.well-known/oauth-authorization-server`

const list = (...values: readonly string[]) => `a list with ${values.join(' and ')}`

/** Both metadata documents pass through the same rules. */
const DOCUMENTS = [
  [RESOURCE, 'resource_metadata_invalid'],
  [SERVER, 'server_metadata_invalid'],
] as const

describe.each(DOCUMENTS)('metadata at %s', (url, invalid) => {
  const answering = (answer: () => Response | Promise<Response>, options?: SceneOptions): Scene => {
    const scene = alicesScene(options)
    scene.network.fault({ path: url, respond: answer, times: Infinity })
    return scene
  }

  test(`[B1] [B5] is asked for once, without a token or a proof`, async () => {
    const { network, oauth } = alicesScene()
    await oauth.authorize('alice.example.com')
    const requests = network.log.to(url)
    expect(requests.map(({ method }) => method)).toEqual(['GET'])
    expect(requests[0]?.headers.get('authorization')).toBeNull()
    expect(requests[0]?.dpop).toBeUndefined()
  })

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=utf-8'])(
    `[B1] [B5] may have the media type %s`,
    async (type) => {
      const scene = alicesScene()
      scene.network.fault({
        path: url,
        alter: async (response) => new Response(await response.text(), { headers: { 'content-type': type } }),
      })
      await scene.oauth.authorize('alice.example.com')
      expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
    },
  )

  test.each(['text/html', 'text/plain', 'application/jsonp', 'application/ld+json', undefined])(
    `[B1] [B5] of the media type %s is refused`,
    async (type) => {
      const scene = alicesScene()
      scene.network.fault({
        path: url,
        alter: async (response) => {
          const bytes = new TextEncoder().encode(await response.text())
          return new Response(bytes, type === undefined ? {} : { headers: { 'content-type': type } })
        },
      })
      const error = await refusedAuthorize(scene, 'alice.example.com')
      expect(error).toBeInstanceOf(DiscoveryError)
      expect(error).toMatchObject({
        code: invalid,
        url,
        field: 'content-type',
        expected: 'application/json',
        found: type ?? null,
        retryable: false,
      })
    },
  )

  test.each([
    ['201', 201, 'metadata_unavailable', false],
    ['204', 204, 'metadata_unavailable', false],
    ['400', 400, 'metadata_unavailable', false],
    ['404', 404, 'metadata_unavailable', false],
    ['429', 429, 'server_failing', true],
    ['500', 500, 'server_failing', true],
    ['503', 503, 'server_failing', true],
  ])(`[B1] [B5] answered with %s is refused`, async (_, status, code, retryable) => {
    const scene = answering(() =>
      status === 204 ? new Response(null, { status }) : Response.json({ issuer: PDS }, { status }),
    )
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({ code, url, field: 'status', expected: '200', found: status, retryable })
    expect(error.message).toContain(`at ${url} (status, expected 200, found ${status})`)
  })

  test.each([
    ['no JSON', '<html>'],
    ['a list', '[]'],
    ['null', 'null'],
    ['nothing', ''],
  ])(`[B1] [B5] that is %s is refused`, async (_, text) => {
    const scene = answering(() => new Response(text, { headers: { 'content-type': 'application/json' } }))
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: invalid,
      url,
      field: 'body',
      expected: 'a JSON object',
    })
  })

  test.each([301, 302, 307, 308])(`[B1] [B5] that redirects with %d is not followed`, async (status) => {
    const scene = answering(() => Response.redirect('https://evil.example.com/', status))
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'redirected', url, found: status })
    expect(scene.network.log.to(/evil/)).toEqual([])
  })

  test(`[B1] [B5] that is huge is not read to its end`, async () => {
    let chunks = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1
        controller.enqueue(new Uint8Array(64 * 1024).fill(32))
      },
    })
    const scene = answering(() => new Response(body, { headers: { 'content-type': 'application/json' } }))
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toMatchObject({ name: 'NetworkError', code: 'too_large', expected: 'at most 262144 bytes' })
    expect(chunks).toBeLessThan(10)
  })

  test(`[B1] [B5] of a server that is down may be there later`, async () => {
    const scene = alicesScene()
    scene.network.fault({ path: url, refuse: true })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'unreachable',
      url,
      retryable: true,
    })
  })

  test(`[B1] [B5] whose connection breaks may be there later`, async () => {
    const scene = alicesScene()
    scene.network.fault({ path: url, lose: 'answer' })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'connection_failed',
      url,
      retryable: true,
    })
  })

  test(`[B1] [B5] that breaks off may be there later`, async () => {
    const scene = alicesScene()
    scene.network.fault({ path: url, body: 'cut-off' })
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'answer_cut_off',
      retryable: true,
    })
  })

  test.each(['request', 'answer', 'body'] as const)(
    `[B1] [B5] [A18] of a server whose %s hangs is waited for ten seconds`,
    async (hang) => {
      const clock = testClock({ autoAdvance: true })
      const scene = alicesScene({ network: { clock } })
      scene.network.fault({ path: url, hang })
      const begin = clock.monotonic()
      const error = await refusedAuthorize(scene, 'alice.example.com')
      expect(clock.monotonic() - begin).toBe(10_000)
      expect(error).toMatchObject({
        name: 'NetworkError',
        code: 'timeout',
        url,
        expected: 'an answer in 10000 ms',
      })
      expect(clock.sleeping).toBe(0)
    },
  )

  test(`[B1] [B5] [A18] of a server that is slow still counts`, async () => {
    const clock = testClock({ autoAdvance: true })
    const scene = alicesScene({ network: { clock } })
    scene.network.fault({ path: url, delay: 'answer', ms: 9_999 })
    await scene.oauth.authorize('alice.example.com')
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
  })
})

test('[A18] several slow servers together are given thirty seconds', async () => {
  const clock = testClock({ autoAdvance: true })
  const scene = alicesScene({ network: { clock } })
  scene.network.fault({
    path: /./,
    delay: 'answer',
    ms: 9_900,
    times: Infinity,
    when: ({ method }) => method === 'GET',
  })
  scene.network.fault({ path: '_atproto.alice.example.com', delay: 'answer', ms: 2_900 })
  scene.network.wellKnownDids.delete('alice.example.com')
  scene.network.txtRecords.set('_atproto.alice.example.com', [[`did=${scene.alice.did}`]])
  scene.network.fault({ path: '/oauth/par', hang: 'request' })
  const begin = clock.monotonic()
  expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
    code: 'timeout',
    expected: 'a sign-in in 30000 ms',
  })
  expect(clock.monotonic() - begin).toBe(30_000)
})

test('[J14] a caller who gives up is obeyed at once, with their own reason', async () => {
  const scene = alicesScene()
  const asked = scene.network.fault({ path: SERVER, hang: 'request' }).hit
  const giveUp = new AbortController()
  const attempt = refusedAuthorize(scene, 'alice.example.com', { signal: giveUp.signal })
  await asked
  const reason = new Error('the tab was closed')
  giveUp.abort(reason)
  expect(await attempt).toBe(reason)
  expect(scene.network.log.to(SERVER)[0]?.outcome).toBe('aborted')
  expect(scene.clock.sleeping).toBe(0)
})

describe("[B2] [B3] [B4] the PDS's metadata", () => {
  test.each<[string, unknown]>([
    ['is missing', undefined],
    ['is another server', 'https://other.example.com'],
    ['ends in a slash', `${PDS}/`],
    ['spells out the port', `${PDS}:443`],
    ['is in another case', 'https://PDS.example.com'],
    ['has a path', `${PDS}/xrpc`],
    ['is http', 'http://pds.example.com'],
    ['is a list', [PDS]],
  ])('[B3] is refused where `resource` %s', async (_, resource) => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['resource'] = resource
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'resource_mismatch',
      url: RESOURCE,
      field: 'resource',
      expected: PDS,
      found: resource ?? null,
    })
    expect(error.message).toContain(`${RESOURCE} (resource, expected ${PDS}, found `)
  })

  test.each<[string, unknown]>([
    ['are missing', undefined],
    ['are none', []],
    ['are two', [PDS, ENTRYWAY]],
    ['are the same one twice', [PDS, PDS]],
    ['are a text', PDS],
  ])('[B2] is refused where `authorization_servers` %s', async (_, servers) => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['authorization_servers'] = servers
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: 'resource_metadata_invalid',
      field: 'authorization_servers',
      url: RESOURCE,
      expected: 'exactly one',
      found: servers ?? null,
    })
    expect(scene.network.log.to(/entryway/)).toEqual([])
  })

  test.each<[string, unknown]>([
    ['a slash', `${ENTRYWAY}/`],
    ['the default port', `${ENTRYWAY}:443`],
    ['a path', `${ENTRYWAY}/oauth`],
    ['a query', `${ENTRYWAY}?a`],
    ['a fragment', `${ENTRYWAY}#a`],
    ['credentials', 'https://a@entryway.example.com'],
    ['http', 'http://entryway.example.com'],
    ['upper case', 'https://Entryway.example.com'],
    ['a blank', `${ENTRYWAY} `],
    ['no text', { issuer: ENTRYWAY }],
    ['null', null],
  ])('[B4] is refused where the issuer has %s', async (_, issuer) => {
    const scene = alicesScene({ network: { entryway: true } })
    scene.network.protectedResourceMetadata['authorization_servers'] = [issuer]
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'issuer_invalid',
      url: RESOURCE,
      field: 'authorization_servers',
      expected: 'a bare https origin',
      found: issuer,
    })
    expect(scene.network.log.to(/entryway/)).toEqual([])
  })

  test('[B4] may name an issuer at another port', async () => {
    const scene = alicesScene()
    const issuer = 'https://pds.example.com:8443'
    scene.network.protectedResourceMetadata['authorization_servers'] = [issuer]
    scene.network.host(issuer, () => Response.json({ ...scene.network.authorizationServerMetadata, issuer }))
    await scene.oauth.authorize('alice.example.com')
    const { value } = await onlyEntry(scene.storage, 'signin/')
    expect(value).toMatchObject({ issuer })
  })

  test.each(['https://127.0.0.1', 'https://192.168.1.1', 'https://as.internal'])(
    '[M1] leads to no issuer at %s',
    async (issuer) => {
      const scene = alicesScene()
      scene.network.protectedResourceMetadata['authorization_servers'] = [issuer]
      expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
        code: 'address_forbidden',
        field: 'host',
        found: new URL(issuer).hostname,
      })
      expect(scene.network.log.entries.filter(({ url }) => url.startsWith(issuer))).toEqual([])
    },
  )
})

describe("[B6] [B7] the authorization server's metadata", () => {
  test.each<[string, unknown]>([
    ['is missing', undefined],
    ['is another issuer', 'https://evil.example.com'],
    ['ends in a slash', `${PDS}/`],
    ['is in another case', 'https://PDS.example.com'],
    ['spells out the port', `${PDS}:443`],
  ])('[B6] [M2] is refused where `issuer` %s', async (_, issuer) => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata['issuer'] = issuer
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'issuer_mismatch',
      url: SERVER,
      field: 'issuer',
      expected: PDS,
      found: issuer ?? null,
    })
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  const url = 'an https URL'
  const wrong: readonly (readonly [field: string, values: readonly unknown[], expected: string])[] = [
    ['authorization_endpoint', [undefined, 'http://pds.example.com/a', '/a', 7], url],
    ['token_endpoint', [undefined, 'http://pds.example.com/t', 'https://a:b@pds.example.com/t', null], url],
    ['pushed_authorization_request_endpoint', [undefined, 'http://pds.example.com/p', `${PDS}/p#a`], url],
    ['revocation_endpoint', ['http://pds.example.com/r', 7], url],
    ['response_types_supported', [undefined, [], ['token'], 'code'], list('code')],
    [
      'grant_types_supported',
      [undefined, ['authorization_code'], ['refresh_token'], 'authorization_code refresh_token'],
      list('authorization_code', 'refresh_token'),
    ],
    ['code_challenge_methods_supported', [undefined, ['plain'], 'S256'], list('S256')],
    [
      'token_endpoint_auth_methods_supported',
      [undefined, ['none'], ['private_key_jwt'], ['client_secret_basic']],
      list('none', 'private_key_jwt'),
    ],
    ['token_endpoint_auth_signing_alg_values_supported', [undefined, ['RS256'], []], list('ES256')],
    ['token_endpoint_auth_signing_alg_values_supported', [['ES256', 'none']], 'a list without none'],
    ['dpop_signing_alg_values_supported', [undefined, ['RS256']], list('ES256')],
    ['scopes_supported', [undefined, ['openid'], 'atproto', ['atproto2']], list('atproto')],
    ['authorization_response_iss_parameter_supported', [undefined, false, 'true', 1], 'true'],
    ['require_pushed_authorization_requests', [undefined, false, 'true'], 'true'],
    ['client_id_metadata_document_supported', [undefined, false, 'true'], 'true'],
    ['require_request_uri_registration', [false], 'true, or absent'],
    ['protected_resources', [['https://other.example.com'], [`${PDS}/`], []], `a list with ${PDS}`],
  ]
  const cases = wrong.flatMap(([field, values, expected]) =>
    values.map((value) => [field, JSON.stringify(value) ?? 'missing', value, expected] as const),
  )

  test.each(cases)('[B7] [B9] is refused where %s is %s, and says so', async (field, _, value, expected) => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata[field] = value
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'server_metadata_invalid',
      url: SERVER,
      field,
      expected,
      found: value ?? null,
      retryable: false,
    })
    expect(error.message).toContain(`${SERVER} (${field}, expected ${expected}, found `)
    expect(scene.network.log.to('/oauth/par')).toEqual([])
  })

  test.each<[string, string, unknown]>([
    ['require_request_uri_registration is absent', 'require_request_uri_registration', undefined],
    ['revocation_endpoint is absent', 'revocation_endpoint', undefined],
    ['protected_resources holds the PDS', 'protected_resources', ['https://a.example.com', PDS]],
    ['prompt_values_supported is nonsense', 'prompt_values_supported', 'login'],
    ['more is supported', 'scopes_supported', ['openid', 'atproto', 'transition:generic']],
    ['a field is unknown', 'com_example_field', { a: 1 }],
  ])('[B7] [B9] is taken where %s', async (_, field, value) => {
    const scene = alicesScene()
    scene.network.authorizationServerMetadata[field] = value
    await scene.oauth.authorize('alice.example.com')
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
  })

  test('[B8] may name endpoints on other origins, and those are used', async () => {
    const scene = alicesScene()
    const elsewhere = 'https://tokens.example.com'
    Object.assign(scene.network.authorizationServerMetadata, {
      pushed_authorization_request_endpoint: `${elsewhere}/oauth/par`,
      token_endpoint: `${elsewhere}/oauth/token?tenant=1`,
    })
    scene.network.host(elsewhere, () => Response.json({ request_uri: 'urn:x' }, { status: 201 }))
    const { url: page } = await scene.oauth.authorize('alice.example.com')
    expect(new URL(page).origin).toBe(PDS)
    const [request] = scene.network.log.to('/oauth/par')
    expect(request?.url).toBe(`${elsewhere}/oauth/par`)
    expect(request?.dpop?.payload.htu).toBe(`${elsewhere}/oauth/par`)
    const { value } = await onlyEntry(scene.storage, 'signin/')
    expect(value).toMatchObject({ issuer: PDS, tokenEndpoint: `${elsewhere}/oauth/token?tenant=1` })
  })
})

describe('an entryway', () => {
  test('[B10] is asked for tokens, and the PDS of the DID document is called', async () => {
    const { network, oauth, alice } = alicesScene({ network: { entryway: true } })
    const { url, context } = await oauth.authorize(alice.handle)
    expect(new URL(url).origin).toBe(ENTRYWAY)
    const { client } = await oauth.callback(network.approve(url), { context })
    await client.get('com.atproto.server.getSession')
    expect(client.session).toMatchObject({ issuer: ENTRYWAY, pds: PDS })
    expect(new Set(network.log.to(/\/oauth\/(par|token)/).map((entry) => new URL(entry.url).origin))).toEqual(
      new Set([ENTRYWAY]),
    )
    expect(new Set(network.log.to(/\/xrpc\//).map((entry) => new URL(entry.url).origin))).toEqual(new Set([PDS]))
  })

  test('[B10] [M2] that a PDS names without being one of its own is refused by its issuer', async () => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['authorization_servers'] = [ENTRYWAY]
    scene.network.host(ENTRYWAY, () => Response.json(scene.network.authorizationServerMetadata))
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: 'issuer_mismatch',
      expected: ENTRYWAY,
      found: PDS,
    })
  })
})

describe('a sign-in that begins at a server', () => {
  test.each([
    ['a PDS', PDS],
    ['a PDS, with a slash', `${PDS}/`],
    ['an authorization server', ENTRYWAY],
  ])('[B11] at %s signs in whoever consents there, and hints at nobody', async (_, typed) => {
    const scene = alicesScene({ network: { entryway: true } })
    const { callback, context } = await consentedAlice(scene, { identifier: typed })
    const [par] = scene.network.log.to('/oauth/par')
    expect(par?.form?.has('login_hint')).toBe(false)
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.session).toMatchObject({
      did: scene.alice.did,
      handle: 'alice.example.com',
      pds: PDS,
      issuer: ENTRYWAY,
    })
  })

  test('[B11] asks for the resource first, then for the authorization server', async () => {
    const { network, oauth } = alicesScene({ network: { entryway: true } })
    await oauth.authorize(ENTRYWAY)
    expect(network.log.entries.slice(0, 2).map(({ url, status }) => [url, status])).toEqual([
      [`${ENTRYWAY}/.well-known/oauth-protected-resource`, 404],
      [`${ENTRYWAY}/.well-known/oauth-authorization-server`, 200],
    ])
  })

  test('[B11] stores the issuer it was begun with, and no account', async () => {
    const { oauth, storage } = alicesScene({ network: { entryway: true } })
    await oauth.authorize(PDS)
    const { value } = await onlyEntry(storage, 'signin/')
    expect(value).toMatchObject({ issuer: ENTRYWAY })
    expect(value).not.toHaveProperty('did')
    expect(value).not.toHaveProperty('pds')
  })

  test.each([
    ['redirects', () => Response.redirect(`${ENTRYWAY}/login`, 302)],
    ['shows a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ])('[B11] at an authorization server that %s for what it does not know still works', async (_, answer) => {
    const scene = alicesScene({ network: { entryway: true } })
    scene.network.fault({ path: `${ENTRYWAY}/.well-known/oauth-protected-resource`, respond: answer })
    await scene.oauth.authorize(ENTRYWAY)
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
  })

  test('[B11] at a server that is neither is refused', async () => {
    const scene = alicesScene()
    scene.network.host('https://www.example.com', () => new Response('', { status: 404 }))
    const error = await refusedAuthorize(scene, 'https://www.example.com')
    expect(error).toMatchObject({
      name: 'DiscoveryError',
      code: 'not_a_server',
      url: 'https://www.example.com',
      field: 'identifier',
      retryable: false,
    })
    expect(error.action).toContain('where www.example.com is a handle, type it without https://')
  })

  test('[B11] at a server that does not exist is refused', async () => {
    const scene = alicesScene()
    expect(await refusedAuthorize(scene, 'https://nowhere.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'unreachable',
      url: 'https://nowhere.example.com/.well-known/oauth-protected-resource',
    })
  })

  test('[B11] at a PDS with wrong metadata does not take the PDS for an authorization server', async () => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['resource'] = 'https://other.example.com'
    expect(await refusedAuthorize(scene, PDS)).toMatchObject({ code: 'resource_mismatch', url: RESOURCE })
  })

  test('[B9] [B11] holds the server against the PDS where it shows who signed in', async () => {
    const scene = alicesScene({ network: { entryway: true } })
    const consented = await consentedAlice(scene, { identifier: ENTRYWAY })
    scene.network.authorizationServerMetadata['protected_resources'] = ['https://other.example.com']
    const error = await refusedCallback(scene, consented)
    expect(error).toMatchObject({ code: 'server_metadata_invalid', field: 'protected_resources' })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[B11] [F8] [M2] refuses an account that lives behind another issuer, and gives its tokens back', async () => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene, { identifier: PDS })
    const moved = 'https://moved.example.com'
    scene.network.didDocuments.set(scene.alice.did, didDocument(scene.alice, moved))
    const metadata = { ...scene.network.authorizationServerMetadata, issuer: moved }
    scene.network.host(moved, ({ url }) =>
      Response.json(url.endsWith('resource') ? { resource: moved, authorization_servers: [moved] } : metadata),
    )
    expect(await refusedCallback(scene, consented)).toMatchObject({
      name: 'AuthorizationError',
      code: 'account_issuer_mismatch',
      field: 'issuer',
      expected: PDS,
      found: moved,
    })
    expect(scene.alice.session.deleted).toBe(true)
  })
})
