import { DiscoveryError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, keysIn, onlyEntry, refusedAuthorize } from '../scene.ts'
import { PDS, SERVER } from './scene.ts'

const list = (...values: readonly string[]) => `a list with ${values.join(' and ')}`

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
