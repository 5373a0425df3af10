import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContractScene, headersOf, openScene } from './scene.ts'
import { WORLDS } from './worlds.ts'

const ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES256K ES384 ES512'.split(' ')
const DOCUMENT = {
  'access-control-allow-headers': 'Content-Type,DPoP',
  'access-control-allow-methods': '*',
  'access-control-allow-origin': '*',
  'access-control-max-age': '86400',
  'cache-control': 'max-age=300',
  'content-type': 'application/json',
}

describe.each(WORLDS)('on %s', (_, open) => {
  let scene: ContractScene
  beforeAll(async () => {
    scene = await openScene(open)
  })
  afterAll(() => scene.world.close())

  const get = (url: string, method = 'GET') => scene.world.fetch(url, { method })

  test('the authorization server says what it can', async () => {
    const { issuer, pds } = scene.world
    const response = await get(`${issuer}/.well-known/oauth-authorization-server`)
    expect(headersOf(response)).toEqual(DOCUMENT)
    expect(await response.json()).toEqual({
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      authorization_response_iss_parameter_supported: true,
      client_id_metadata_document_supported: true,
      code_challenge_methods_supported: ['S256'],
      display_values_supported: ['page', 'popup', 'touch'],
      dpop_signing_alg_values_supported: ALGORITHMS,
      grant_types_supported: ['authorization_code', 'refresh_token'],
      jwks_uri: `${issuer}/oauth/jwks`,
      prompt_values_supported: ['none', 'login', 'consent', 'select_account', 'create'],
      protected_resources: [pds],
      pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
      request_object_encryption_alg_values_supported: [],
      request_object_encryption_enc_values_supported: [],
      request_object_signing_alg_values_supported: [...ALGORITHMS, 'none'],
      request_parameter_supported: true,
      request_uri_parameter_supported: true,
      require_pushed_authorization_requests: true,
      require_request_uri_registration: true,
      response_modes_supported: ['query', 'fragment', 'form_post'],
      response_types_supported: ['code'],
      revocation_endpoint: `${issuer}/oauth/revoke`,
      scopes_supported: ['atproto', 'transition:email', 'transition:generic', 'transition:chat.bsky'],
      subject_types_supported: ['public'],
      token_endpoint: `${issuer}/oauth/token`,
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      token_endpoint_auth_signing_alg_values_supported: ALGORITHMS,
      ui_locales_supported: ['en-US'],
    })
  })

  test('the PDS says who its authorization server is', async () => {
    const { issuer, pds } = scene.world
    const response = await get(`${pds}/.well-known/oauth-protected-resource`)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(await response.json()).toEqual({
      resource: pds,
      authorization_servers: [issuer],
      scopes_supported: [],
      bearer_methods_supported: ['header'],
      resource_documentation: 'https://atproto.com',
    })
  })

  test('the authorization server has no keys to show', async () => {
    const response = await get(`${scene.world.issuer}/oauth/jwks`)
    expect([headersOf(response), await response.json()]).toEqual([DOCUMENT, { keys: [] }])
  })

  test.each([
    ['POST', '/.well-known/oauth-authorization-server', 404],
    ['HEAD', '/.well-known/oauth-authorization-server', 404],
    ['OPTIONS', '/.well-known/oauth-authorization-server', 200],
    ['GET', '/oauth/par', 405],
    ['PUT', '/oauth/par', 405],
    ['GET', '/oauth/token', 404],
    ['GET', '/oauth/revoke', 404],
    ['GET', '/oauth/nothing', 404],
    ['GET', '/.well-known/openid-configuration', 404],
  ])('%s of %s is answered with %d', async (method, path, status) => {
    expect((await get(scene.world.issuer + path, method)).status).toBe(status)
  })

  test('the PLC directory has the document of an account', async () => {
    const { person, world } = scene
    const response = await get(`${world.plc}/${person.did}`)
    expect(response.headers.get('content-type')).toBe('application/did+ld+json; charset=utf-8')
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(await response.json()).toEqual({
      '@context': expect.arrayContaining(['https://www.w3.org/ns/did/v1']),
      id: person.did,
      alsoKnownAs: [`at://${person.handle}`],
      verificationMethod: [
        {
          id: expect.stringMatching(/#atproto$/),
          type: expect.any(String),
          controller: person.did,
          publicKeyMultibase: expect.stringMatching(/^z/),
        },
      ],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: world.pds }],
    })
  })

  test.each(['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'did:plc:nope', 'did:web:x.test', 'nope'])(
    'the PLC directory does not know %s',
    async (did) => {
      const response = await get(`${scene.world.plc}/${did}`)
      expect([response.status, await response.json()]).toEqual([404, { message: `DID not registered: ${did}` }])
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    },
  )
})
