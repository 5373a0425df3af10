import { fakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'
import { checkRedirectUri, findClient } from '../../../src/testing/authorization-server/clients.ts'

const ID = 'https://app.example.com/client-metadata.json'
const JWKS_URI = 'https://app.example.com/jwks.json'
const PUBLIC = {
  client_id: ID,
  redirect_uris: ['https://app.example.com/callback'],
  scope: 'atproto transition:generic',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  dpop_bound_access_tokens: true,
}
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k1' }
const CONFIDENTIAL = {
  ...PUBLIC,
  token_endpoint_auth_method: 'private_key_jwt',
  token_endpoint_auth_signing_alg: 'ES256',
  jwks: { keys: [KEY] },
}

/** What a server makes of a client id, on a network that has these documents. */
function findAmong(documents: Record<string, unknown>, id = ID): ReturnType<typeof findClient> {
  const network = fakeNetwork()
  for (const [url, document] of Object.entries(documents)) network.documents.set(url, document)
  return findClient(id, network.fetch)
}

function find(document: object, id = ID): ReturnType<typeof findClient> {
  return findAmong({ [id]: document }, id)
}

async function allows(declared: string, requested: string): Promise<boolean> {
  const client = await find(PUBLIC)
  try {
    checkRedirectUri({ ...client, redirectUris: [declared] }, requested)
    return true
  } catch {
    return false
  }
}

test('reads the document of a public and of a confidential client', async () => {
  expect(await find(PUBLIC)).toMatchObject({ authMethod: 'none', mayRefresh: true, jwks: undefined })
  expect(await find(CONFIDENTIAL)).toMatchObject({ authMethod: 'private_key_jwt', jwks: { keys: [KEY] } })
})

test('reads keys from jwks_uri', async () => {
  const document = { ...CONFIDENTIAL, jwks: undefined, jwks_uri: JWKS_URI }
  const { jwks } = await findAmong({ [ID]: document, [JWKS_URI]: { keys: [KEY] } })
  expect(jwks).toEqual({ keys: [KEY] })
  await expect(findAmong({ [ID]: document })).rejects.toThrow(JWKS_URI)
  await expect(findAmong({ [ID]: document, [JWKS_URI]: { keys: [] } })).rejects.toThrow('jwks_uri')
})

test.each([
  ['another client_id', { ...PUBLIC, client_id: 'https://app.example.com/other.json' }],
  ['no redirect URI', { ...PUBLIC, redirect_uris: [] }],
  ['a scope without atproto', { ...PUBLIC, scope: 'transition:generic' }],
  ['no authorization_code', { ...PUBLIC, grant_types: ['refresh_token'] }],
  ['another response type', { ...PUBLIC, response_types: ['token'] }],
  ['no auth method', { ...PUBLIC, token_endpoint_auth_method: undefined }],
  ['tokens without DPoP', { ...PUBLIC, dpop_bound_access_tokens: false }],
  ['an algorithm without a key', { ...PUBLIC, token_endpoint_auth_signing_alg: 'ES256' }],
  ['a key without an algorithm', { ...CONFIDENTIAL, token_endpoint_auth_signing_alg: undefined }],
  ['no keys', { ...CONFIDENTIAL, jwks: undefined }],
  ['keys twice', { ...CONFIDENTIAL, jwks_uri: JWKS_URI }],
  ['a private key', { ...CONFIDENTIAL, jwks: { keys: [{ ...KEY, d: 'd' }] } }],
  ['a key without a kid', { ...CONFIDENTIAL, jwks: { keys: [{ ...KEY, kid: undefined }] } }],
])('refuses a document with %s', async (_, document) => {
  const refusal = { error: 'invalid_client_metadata' }
  await expect(find(JSON.parse(JSON.stringify(document)))).rejects.toMatchObject(refusal)
})

test.each([
  'https://app.example.com',
  'https://app.example.com/',
  'https://app.example.com:8443/client.json',
  'https://app.example.com/a/../client.json',
  'https://me@app.example.com/client.json',
  'https://app.example.com/client.json#a',
  'http://app.example.com/client.json',
  'http://127.0.0.1/',
  'http://localhost/client.json',
  'http://localhost#a',
  'http://localhost?foo=bar',
  'http://localhost?scope=transition:generic',
  'http://localhost?redirect_uri=https://app.example.com/',
])('refuses the client id %s', async (id) => {
  const refusal = { error: 'invalid_client_metadata' }
  await expect(find({ ...PUBLIC, client_id: id }, id)).rejects.toMatchObject(refusal)
})

test('a loopback client has the redirects and the scope of its id, or the plain ones', async () => {
  const plain = { redirectUris: ['http://127.0.0.1/', 'http://[::1]/'], scope: ['atproto'], authMethod: 'none' }
  expect(await findAmong({}, 'http://localhost')).toMatchObject(plain)
  const id =
    'http://localhost/?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&redirect_uri=http://[::1]/cb&scope=atproto+a'
  expect(await findAmong({}, id)).toMatchObject({
    redirectUris: ['http://127.0.0.1/cb', 'http://[::1]/cb'],
    scope: ['atproto', 'a'],
  })
})

test('any port will do for a loopback redirect that names none, and nothing else may differ', async () => {
  expect(await allows('http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb')).toBe(true)
  expect(await allows('http://127.0.0.1:81/cb', 'http://127.0.0.1:8080/cb')).toBe(false)
  expect(await allows('http://127.0.0.1:81/cb', 'http://127.0.0.1/cb')).toBe(false)
  expect(await allows('http://127.0.0.1/cb', 'http://127.0.0.1:8080/')).toBe(false)
  expect(await allows('http://127.0.0.1/', 'http://[::1]/')).toBe(false)
  expect(await allows('https://app.example.com/cb', 'https://app.example.com:8443/cb')).toBe(false)
})
