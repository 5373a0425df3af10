import * as fc from 'fast-check'
import { expect } from 'vitest'
import { parseClientDocument } from '../../src/flow/client/client-document.ts'
import { type ClientMetadata, createClientMetadata } from '../../src/flow/client/client-metadata.ts'
import { readGivenMetadata } from '../../src/flow/client/given-client-metadata.ts'
import { changed, endless, hostile } from './arbitraries.ts'
import { HOSTILE_OBJECT, isObject, type Json, nearly } from './documents.ts'
import { expectQuick } from './expectations.ts'
import { fuzz } from './fuzz.ts'
import { toAsciiLowerCase } from './grammar.ts'
import { authorityOf } from './urls.ts'

const CLIENT_ID = 'https://app.example.com/client.json'
const key = { kty: 'EC', crv: 'P-256', kid: 'k1', alg: 'ES256', use: 'sig', x: 'A'.repeat(43), y: 'A'.repeat(43) }

const common = {
  client_id: CLIENT_ID,
  scope: 'atproto transition:generic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  dpop_bound_access_tokens: true,
}
const web = {
  ...common,
  redirect_uris: ['https://app.example.com/cb'],
  application_type: 'web',
  token_endpoint_auth_method: 'none',
}
const native = {
  ...common,
  redirect_uris: ['com.example.app:/cb', 'http://127.0.0.1/cb'],
  application_type: 'native',
  token_endpoint_auth_method: 'none',
}
const confidential = {
  ...web,
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks: { keys: [key] },
  client_name: 'App',
  client_uri: 'https://app.example.com',
  logo_uri: 'https://cdn.example.com/logo.png',
}

const loopback = {
  ...native,
  client_id: 'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&scope=atproto+transition%3Ageneric',
  redirect_uris: ['http://127.0.0.1/cb'],
}

const EXTRA = [
  'jwks_uri',
  'client_secret',
  'subject_type',
  'tos_uri',
  'token_endpoint_auth_signing_alg',
  'tls_client_certificate_bound_access_tokens',
]
const jwk = fc.oneof(nearly(key, ['d', 'k']), fc.constant({ ...key, kty: HOSTILE_OBJECT }))
const withKeys = jwk.chain((each) => nearly({ ...confidential, jwks: { keys: [each] } }, EXTRA))
const document = fc.oneof(nearly(web, EXTRA), nearly(native, EXTRA), nearly(confidential, EXTRA), withKeys)

/** What a parser is to throw for a mistake, and nothing else. */
class Mistake extends Error {
  override readonly name = 'Mistake'
}

fuzz(
  '[C1] [C3] [C4] [C5] [C6] [C10] [M8] a client document is taken only where it keeps the profile',
  8000,
  document,
  (facts) => {
    const json: unknown = JSON.parse(JSON.stringify(facts))
    if (!isObject(json)) return
    try {
      parseClientDocument(json, (field, expected) => new Mistake(`${field}: ${expected}`))
    } catch (error) {
      expect(error).toBeInstanceOf(Mistake)
      const isUntouched = [web, native, confidential].some(
        (right) => JSON.stringify(right) === JSON.stringify(json),
      )
      return expect(isUntouched).toBe(false)
    }
    expectProfile(json)
  },
)

fuzz(
  '[C1] [C3] [C4] [C5] [C6] [C8] [C12] metadata that an app gives is taken only where it keeps the profile',
  8000,
  fc.oneof(document, nearly(loopback, EXTRA)),
  (facts) => {
    const json: unknown = JSON.parse(JSON.stringify(facts))
    if (!isObject(json)) return
    const metadata = given(json)
    if (!metadata) {
      const isUntouched = [web, native, confidential, loopback].some(
        (right) => JSON.stringify(right) === JSON.stringify(json),
      )
      return expect(isUntouched).toBe(false)
    }
    // Of a key only the members that are known are kept.
    expect({ ...metadata, jwks: undefined }).toEqual({ ...json, jwks: undefined })
    if (!String(json['client_id']).startsWith('http://localhost')) return expectProfile(json)
    expect(json).toMatchObject({ grant_types: loopback.grant_types, token_endpoint_auth_method: 'none' })
    const { searchParams } = new URL(String(json['client_id']))
    expect(new Set(searchParams.getAll('redirect_uri'))).toEqual(
      new Set(json['redirect_uris'] as readonly string[]),
    )
    expect(searchParams.get('scope')).toBe(json['scope'])
  },
)

function given(json: Json): ClientMetadata | undefined {
  try {
    return readGivenMetadata(json as unknown as ClientMetadata)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(/^TypeError: clientMetadata[\w.[\]]*: expected /)
    return undefined
  }
}

function expectProfile(json: Json): void {
  const {
    client_id: id,
    scope,
    redirect_uris: uris,
    application_type: type,
    token_endpoint_auth_method: method,
  } = json
  expect(isClientIdByGrammar(id)).toBe(true)
  expect(String(scope).split(' ')).toContain('atproto')
  expect(Array.isArray(uris) && uris.length > 0).toBe(true)
  for (const uri of uris as readonly string[])
    expect(isRedirectByGrammar(uri, String(id), String(type ?? 'web'))).toBe(true)
  expect(json['dpop_bound_access_tokens']).toBe(true)
  const { grant_types: grants = ['authorization_code'], response_types: responses = ['code'] } = json
  expect([['authorization_code'], ['authorization_code', 'refresh_token']]).toContainEqual(
    Array.isArray(grants) ? grants.toSorted() : grants,
  )
  expect(responses).toContain('code')
  expect(json['client_secret']).toBeUndefined()
  expect(['none', 'private_key_jwt']).toContain(method)
  const hasKeys = json['jwks'] !== undefined || json['jwks_uri'] !== undefined
  if (method === 'none') return expect(json['token_endpoint_auth_signing_alg']).toBeUndefined()
  expect(type ?? 'web').toBe('web')
  expect(hasKeys).toBe(true)
  expect(json['jwks'] !== undefined && json['jwks_uri'] !== undefined).toBe(false)
  const keys: readonly unknown[] =
    isObject(json['jwks']) && Array.isArray(json['jwks']['keys']) ? json['jwks']['keys'] : []
  for (const each of keys) expect(isObject(each) && ('d' in each || 'k' in each)).toBe(false)
}

/** C1: the https URL of a document, letter for letter. */
function isClientIdByGrammar(id: unknown): boolean {
  if (typeof id !== 'string' || !id.startsWith('https://') || id.includes('#') || id.includes('\\')) return false
  const authority = authorityOf(id)
  const path = id.slice('https://'.length + authority.length).split('?')[0] ?? ''
  const isBare = !authority.includes('@') && !authority.includes(':') && authority !== ''
  return isBare && path.length > 1 && path.split('/').every((segment) => segment !== '.' && segment !== '..')
}

/** C6, C7, C9. */
function isRedirectByGrammar(uri: string, id: string, type: string): boolean {
  if (uri.includes('#')) return false
  const authority = authorityOf(uri)
  if (uri.startsWith('https://')) {
    const isWeb = !authority.endsWith(':443') && !authority.includes('@') && authority !== ''
    return isWeb && (type === 'web' || isSameHost(authority, authorityOf(id)))
  }
  if (type !== 'native') return false
  if (uri.startsWith('http://'))
    return ['127.0.0.1', '[::1]'].some((host) => authority === host || authority.startsWith(`${host}:`))
  const scheme = authorityOf(id).split('.').toReversed().join('.')
  return uri.startsWith(`${scheme}:/`) && !uri.startsWith(`${scheme}://`)
}

/** Hosts are the same in any case, and an empty port is none. */
function isSameHost(one: string, other: string): boolean {
  const host = one.endsWith(':') ? one.slice(0, -1) : one
  return toAsciiLowerCase(host) === toAsciiLowerCase(other)
}

const redirect = fc.constantFrom(
  'http://127.0.0.1/cb',
  'http://[::1]:8080/',
  'https://app.example.com/cb',
  'com.example.app:/cb',
  'http://localhost/cb',
  'http://127.0.0.1/cb#',
  'https://app.example.com/cb#a',
  'https://app.example.com:443/cb',
  'https://user@app.example.com/cb',
)
const options = fc.record({
  clientId: fc.oneof(fc.constant(undefined), fc.constant(CLIENT_ID), changed(fc.constant(CLIENT_ID))),
  redirectUris: fc.array(fc.oneof(redirect, changed(redirect)), { maxLength: 2 }),
  scope: hostile(fc.constantFrom('atproto', 'atproto transition:generic', 'atproto repo:*')),
})

fuzz(
  '[C1] [C3] [C6] [C7] [C8] [C9] [C12] what an app says of itself is refused only with a TypeError',
  6000,
  options,
  (facts) => {
    const metadata = metadataOf(facts)
    if (!metadata) return
    const { client_id: id, redirect_uris: uris, application_type: type, scope } = metadata
    expect(scope.split(' ')).toContain('atproto')
    expect(uris.length).toBeGreaterThan(0)
    if (facts.clientId !== undefined) {
      expect(isClientIdByGrammar(id)).toBe(true)
      for (const uri of uris) expect(isRedirectByGrammar(uri, id, type)).toBe(true)
      return
    }
    const [start, query = ''] = id.split('?')
    expect(start).toBe('http://localhost')
    const parameters = new URLSearchParams(query)
    expect(parameters.getAll('redirect_uri')).toEqual(uris)
    expect(parameters.getAll('scope')).toEqual([scope])
    for (const uri of uris) expect(uri.startsWith('http://') && isRedirectByGrammar(uri, id, 'native')).toBe(true)
  },
)

function metadataOf(facts: Parameters<typeof createClientMetadata>[0]) {
  try {
    return createClientMetadata(facts)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toMatch(/^TypeError: [\w.[\]]+: expected /)
    return undefined
  }
}

const piece = fc.constantFrom('a', 'a.', '/', 'http://127.0.0.1:', ' atproto', ' ', '%', '.', '-', '?')

fuzz('[C12] facts of a megabyte are refused at once', 40, endless(piece), (text) => {
  expectQuick(() => {
    metadataOf({ redirectUris: [text, `http://127.0.0.1${text}`, `com.${text}:/`], scope: 'atproto' })
    metadataOf({ redirectUris: [`com.${text}:/`], scope: 'atproto', clientId: CLIENT_ID })
    metadataOf({ redirectUris: ['http://127.0.0.1/'], scope: `atproto ${text}` })
    metadataOf({ clientId: `https://${text}`, redirectUris: ['https://a.example.com/'], scope: 'atproto' })
  })
})
