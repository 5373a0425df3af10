import { randomToken } from '../../../src/testing/random-token.ts'
import { APP } from '../app-host.ts'
import { generateKey, type PlainClient } from '../plain-client.ts'
import { type ContractScene, publicDocument } from '../scene.ts'
import type { PublishOptions } from '../world.ts'
import type { Mistake } from './mistake.ts'

/** A pushed request of a public client whose document is different in this. */
function withDocument(
  changes: object,
  { redirectUri = `${APP}/callback`, ...options }: PublishOptions & { readonly redirectUri?: string } = {},
): Mistake<ContractScene>[2] {
  return async ({ world, newClient }) => {
    const path = `/${randomToken('client')}.json`
    const client = await newClient()
    client.clientId = await world.publish(path, { ...publicDocument(path), ...changes }, options)
    client.redirectUri = redirectUri
    return client.par()
  }
}

/** The same of a confidential client. */
function withKeys(changes: object): Mistake<ContractScene>[2] {
  return async ({ newConfidentialClient }) => (await newConfidentialClient(changes)).client.par()
}

/** The same of a client whose document is right, and whose id is not the plain URL of it. */
function withId(
  write: (path: string) => string,
  path = `/${randomToken('client')}.json`,
): Mistake<ContractScene>[2] {
  return async ({ world, newClient }) => {
    const client = await newClient()
    client.clientId = write(path)
    await world.publish(path, { ...publicDocument(path), client_id: client.clientId })
    client.redirectUri = `${APP}/callback`
    return client.par()
  }
}

async function withRedirect({ world, newClient }: ContractScene): ReturnType<PlainClient['par']> {
  const path = `/${randomToken('client')}.json`
  const client = await newClient()
  const headers = { location: await world.publish(`/moved${path}`, publicDocument(path)) }
  client.clientId = await world.publish(path, '', { status: 302, headers })
  client.redirectUri = `${APP}/callback`
  return client.par()
}

const withPage =
  (body: string, options?: PublishOptions): Mistake<ContractScene>[2] =>
  async ({ world, newClient }) =>
    pushAs(await newClient(), await world.publish(`/${randomToken('page')}.json`, body, options))

function pushAs(client: PlainClient, client_id: string): ReturnType<PlainClient['par']> {
  return client.par({ client_id })
}

const INVALID = '400 invalid_client_metadata'
const BAD_REDIRECT = '400 invalid_redirect_uri'
const JWKS = (...keys: object[]) => ({ jwks: { keys } })
const { jwk: PUBLIC_KEY } = await generateKey('k1')

export const DOCUMENT_MISTAKES: readonly Mistake<ContractScene>[] = [
  ['text that is no JSON', INVALID, withPage('not JSON')],
  ['a JSON array', INVALID, withPage('[]')],
  ['a document of HTML type', INVALID, withDocument({}, { headers: { 'content-type': 'text/html' } })],
  [
    'a document of application/ld+json',
    INVALID,
    withDocument({}, { headers: { 'content-type': 'application/ld+json' } }),
  ],
  ['a document of no type', INVALID, withDocument({}, { headers: {} })],
  ['a status of 500', INVALID, withDocument({}, { status: 500 })],
  ['a redirect, although to the right document', INVALID, withRedirect],
  ['another client_id', INVALID, withDocument({ client_id: `${APP}/other.json` })],
  ['no client_id', INVALID, withDocument({ client_id: undefined })],
  ['an id without a path', INVALID, withId(() => `${APP}/`, '/')],
  ['an id with a slash at its end', INVALID, withId((path) => `${APP}${path}`, '/client/')],
  ['an id with a fragment', INVALID, withId((path) => `${APP}${path}#x`)],
  ['an id with a password', INVALID, withId((path) => `${APP}${path}`.replace('//', '//u:p@'))],
  ['an id with dot segments', INVALID, withId((path) => `${APP}/a/..${path}`)],
  ['tokens without DPoP', INVALID, withDocument({ dpop_bound_access_tokens: false })],
  ['nothing of DPoP', INVALID, withDocument({ dpop_bound_access_tokens: undefined })],
  ['no scope', INVALID, withDocument({ scope: undefined })],
  ['a scope without atproto', INVALID, withDocument({ scope: 'transition:generic' })],
  ['a scope with atproto twice', INVALID, withDocument({ scope: 'atproto transition:generic atproto' })],
  ['no redirect_uris', INVALID, withDocument({ redirect_uris: undefined })],
  ['an empty list of redirect_uris', INVALID, withDocument({ redirect_uris: [] })],
  ['a redirect to localhost', INVALID, withDocument({ redirect_uris: ['http://localhost/callback'] })],
  [
    'a loopback redirect of a web app',
    BAD_REDIRECT,
    withDocument({ redirect_uris: ['http://127.0.0.1/callback'] }, { redirectUri: 'http://127.0.0.1/callback' }),
  ],
  [
    'a private-use redirect of a web app',
    BAD_REDIRECT,
    withDocument(
      { redirect_uris: ['internal.atproof.app:/callback'] },
      { redirectUri: 'internal.atproof.app:/callback' },
    ),
  ],
  [
    'a private-use redirect of another domain',
    BAD_REDIRECT,
    withDocument(
      { application_type: 'native', redirect_uris: ['com.example.app:/callback'] },
      { redirectUri: 'com.example.app:/callback' },
    ),
  ],
  ['an application_type unheard of', INVALID, withDocument({ application_type: 'desktop' })],
  ['no authorization_code', INVALID, withDocument({ grant_types: ['refresh_token'] })],
  ['the implicit grant', INVALID, withDocument({ grant_types: ['authorization_code', 'implicit'] })],
  ['a grant unheard of', INVALID, withDocument({ grant_types: ['authorization_code', 'zzz'] })],
  ['response_types without code', INVALID, withDocument({ response_types: ['token'] })],
  ['no token_endpoint_auth_method', INVALID, withDocument({ token_endpoint_auth_method: undefined })],
  ['a client secret', INVALID, withDocument({ token_endpoint_auth_method: 'client_secret_post' })],
  ['an algorithm without a key', INVALID, withDocument({ token_endpoint_auth_signing_alg: 'ES256' })],
  ['a pairwise subject', INVALID, withDocument({ subject_type: 'pairwise' })],
  ['default_max_age', INVALID, withDocument({ default_max_age: 60 })],
  ['a client_uri of another host', INVALID, withDocument({ client_uri: 'https://other.atproof.internal' })],
  ['a client_uri beside the document', INVALID, withDocument({ client_uri: `${APP}/elsewhere` })],
  ['a logo_uri that is no URL', INVALID, withDocument({ logo_uri: 'logo' })],
  ['a key without an algorithm', INVALID, withKeys({ token_endpoint_auth_signing_alg: undefined })],
  ['no keys', INVALID, withKeys({ jwks: undefined })],
  ['an empty key set', INVALID, withKeys(JWKS())],
  ['only a private key', INVALID, withKeys(JWKS({ ...PUBLIC_KEY, d: 'AAAA' }))],
  ['only a key without a kid', INVALID, withKeys(JWKS({ ...PUBLIC_KEY, kid: undefined }))],
  [
    'jwks and jwks_uri',
    INVALID,
    async (scene) => {
      await scene.world.publish('/jwks.json', JWKS(PUBLIC_KEY).jwks)
      return withKeys({ jwks_uri: `${APP}/jwks.json` })(scene)
    },
  ],
  ['a jwks_uri with nothing there', INVALID, withKeys({ jwks: undefined, jwks_uri: `${APP}/nowhere.json` })],
  ['a native app with a key', INVALID, withKeys({ application_type: 'native' })],
]
