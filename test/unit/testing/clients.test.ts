import { expect, test } from 'vitest'
import { isSameRedirect, readRedirectUri } from '../../../src/testing/authorization-server/redirect-uris.ts'
import { generateKey } from './mini-client.ts'
import { CLIENT_ID, confidentialAlice } from './scene.ts'

// What both networks do is in e2e/contract. Here is what takes minutes, and the redirect URIs one by one.

const JWKS_URI = 'https://app.example.com/jwks.json'
const TEN_MINUTES = 600_000

/** The document as it is, with changes. */
function changeDocument({ network }: Awaited<ReturnType<typeof confidentialAlice>>, changes: object): void {
  network.documents.set(CLIENT_ID, { ...(network.documents.get(CLIENT_ID) as object), ...changes })
}

test('a document is read once in ten minutes', async () => {
  const scene = await confidentialAlice()
  changeDocument(scene, { jwks: { keys: [(await generateKey('k2')).jwk] } })
  expect((await scene.client.par()).status).toBe(201)
  expect(scene.network.log.to(CLIENT_ID)).toHaveLength(1)
  await scene.network.clock.advance(TEN_MINUTES)
  expect((await scene.client.par()).json.error).toBe('invalid_client')
  expect(scene.network.log.to(CLIENT_ID)).toHaveLength(2)
})

test('a document that was wrong is read again', async () => {
  const scene = await confidentialAlice()
  await scene.network.clock.advance(TEN_MINUTES)
  changeDocument(scene, { scope: undefined })
  expect((await scene.client.par()).json.error).toBe('invalid_client_metadata')
  changeDocument(scene, { scope: 'atproto transition:generic' })
  expect((await scene.client.par()).status).toBe(201)
})

test('keys are read from jwks_uri, once in ten minutes too', async () => {
  const scene = await confidentialAlice()
  const { network, client } = scene
  await network.clock.advance(TEN_MINUTES)
  changeDocument(scene, { jwks: undefined, jwks_uri: JWKS_URI })
  network.documents.set(JWKS_URI, { keys: [client.clientKey?.jwk] })
  expect((await client.par()).status).toBe(201)
  network.documents.set(JWKS_URI, { keys: [(await generateKey('k2')).jwk] })
  expect((await client.par()).status).toBe(201)
  expect(network.log.to(JWKS_URI)).toHaveLength(1)
})

test('a session lives on where its key left the document, and is of no use until it is back', async () => {
  const scene = await confidentialAlice()
  const { network, alice, client, tokens } = scene
  changeDocument(scene, { jwks: { keys: [(await generateKey('k2')).jwk] } })
  await network.clock.advance(TEN_MINUTES)
  expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_client' })
  changeDocument(scene, { jwks: { keys: [client.clientKey?.jwk] } })
  await network.clock.advance(TEN_MINUTES)
  expect((await client.refresh(tokens)).status).toBe(200)
  expect(alice.session.deleted).toBe(false)
})

test('a session lives on where its client gave up the refresh grant, and is of no use', async () => {
  const scene = await confidentialAlice()
  changeDocument(scene, { grant_types: ['authorization_code'] })
  await scene.network.clock.advance(TEN_MINUTES)
  const refusal = { error_description: '"refresh_token" grant type is not allowed for this client' }
  expect((await scene.client.refresh(scene.tokens)).json).toMatchObject(refusal)
  expect(scene.alice.session.deleted).toBe(false)
})

test('a session of a confidential client ends where it comes back as a public one, and not the other way', async () => {
  const scene = await confidentialAlice()
  const { network, alice, client, tokens } = scene
  const { clientKey } = client
  const [asPublic, asConfidential] = [
    { token_endpoint_auth_method: 'none', token_endpoint_auth_signing_alg: undefined },
    { token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' },
  ]
  changeDocument(scene, asPublic)
  await network.clock.advance(TEN_MINUTES)
  client.clientKey = undefined
  expect((await client.refresh(tokens)).json).toMatchObject({ error: 'invalid_grant' })
  expect(alice.session.deleted).toBe(true)
  const later = await client.signIn(alice)
  changeDocument(scene, asConfidential)
  await network.clock.advance(TEN_MINUTES)
  expect((await client.refresh(later)).json).toMatchObject({ error: 'invalid_request' })
  client.clientKey = clientKey
  expect((await client.refresh(later)).status).toBe(200)
  expect(alice.session.auth).toMatchObject({ method: 'private_key_jwt', kid: 'k1' })
})

test.each([
  ['https://app.example.com/cb', 'web'],
  ['http://127.0.0.1:8080/cb', 'loopback'],
  ['http://[::1]/', 'loopback'],
  ['com.example.app:/cb', 'private-use'],
  ['com.example.app://cb', undefined],
  ['app:/cb', undefined],
  ['http://localhost/cb', undefined],
  ['https://127.0.0.1/cb', undefined],
  ['https://app/cb', undefined],
  ['/cb', undefined],
])('the redirect URI %s is of the kind %s', (uri, kind) => {
  expect(readRedirectUri(uri)).toBe(kind)
})

test.each([
  ['http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb', true],
  ['http://127.0.0.1:81/cb', 'http://127.0.0.1:8080/cb', false],
  ['http://127.0.0.1:81/cb', 'http://127.0.0.1/cb', false],
  ['http://127.0.0.1/cb', 'http://127.0.0.1:8080/', false],
  ['http://127.0.0.1/', 'http://[::1]/', false],
  ['https://app.example.com/cb', 'https://app.example.com:8443/cb', false],
])('a client with %s may use %s: %s', (declared, requested, isAllowed) => {
  expect(isSameRedirect(declared, requested)).toBe(isAllowed)
})
