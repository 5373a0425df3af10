import { OAuthClient, type OAuthClientOptions } from 'atproof'
import { fakeNetwork, testClock } from 'atproof/testing'
import * as fc from 'fast-check'
import type { JWK } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { askServer, type Verdict, writeDocument } from './ask-server.ts'
import { CLIENT_ID, privateKey, publicKey, REDIRECT_URI, SCOPE } from './scene.ts'

const JWKS_URI = 'https://app.example.com/jwks.json'
const BASE: Partial<OAuthClientOptions> = { clientId: CLIENT_ID, redirectUris: [REDIRECT_URI], scope: SCOPE }
let keys: readonly JWK[]

beforeAll(async () => {
  keys = [await privateKey('k1'), await privateKey('k2', 'RS256')]
})

/** What the constructor says: the document that it builds, or the refusal. */
function build(options: Partial<OAuthClientOptions>): OAuthClient | TypeError {
  try {
    return new OAuthClient(options)
  } catch (error) {
    if (error instanceof TypeError) return error
    throw error
  }
}

/** What the authorization server says of the document that the constructor built, or of the one it refused to build. */
async function verdictOn(options: Partial<OAuthClientOptions>, built: OAuthClient | TypeError): Promise<Verdict> {
  const network = fakeNetwork({ clock: testClock() })
  const jwks = { keys: (options.keys ?? []).map((key) => publicKey(key as JWK)) }
  const document = built instanceof TypeError ? writeDocument(options, jwks) : built.clientMetadata
  network.documents.set(options.clientId ?? '', document)
  if (options.jwksUri !== undefined) network.documents.set(options.jwksUri, jwks)
  return askServer({ issuer: network.issuer, fetch: network.fetch, clock: network.clock }, options)
}

const anyOf = (values: readonly (string | undefined)[], test_: (value: string) => boolean) =>
  values.some((value) => value !== undefined && test_(value))
const pagesOf = ({ logoUri, tosUri, policyUri }: Partial<OAuthClientOptions>) => [logoUri, tosUri, policyUri]
const isOn = (uri: string, origin: string) => URL.canParse(uri) && new URL(uri).origin === origin

type Options = Partial<OAuthClientOptions>

function isNative({ applicationType, redirectUris = [] }: Options): boolean {
  return applicationType ? applicationType === 'native' : anyOf(redirectUris, (uri) => !uri.startsWith('https:'))
}

/** Where we refuse what the server takes, why, and an example of it. */
const STRICTER: readonly (readonly [reason: string, example: Options, holds: (options: Options) => boolean])[] = [
  [
    'C1: a client id has no port',
    { clientId: 'https://app.example.com:8443/c.json' },
    ({ clientId = '' }) => /:\d+\//.test(clientId),
  ],
  [
    'C6: no default port in a redirect URI',
    { redirectUris: ['https://app.example.com:443/cb'] },
    ({ redirectUris = [] }) => anyOf(redirectUris, (uri) => uri.includes(':443')),
  ],
  [
    'RFC 6749 §3.1.2: no fragment in a redirect URI',
    { redirectUris: ['https://app.example.com/cb#a'] },
    ({ redirectUris = [] }) => anyOf(redirectUris, (uri) => uri.includes('#')),
  ],
  [
    'RFC 3986 §2: a URI is printable ASCII',
    { redirectUris: ['https://app.example.com/c b'] },
    ({ redirectUris = [] }) => anyOf(redirectUris, (uri) => /[^\x21-\x7e]/.test(uri)),
  ],
  [
    'no name and password in a URI; the reference server refuses those of a redirect URI',
    { redirectUris: ['https://u:p@app.example.com/cb'] },
    ({ redirectUris = [] }) => anyOf(redirectUris, (uri) => /\/\/[^/]*@/.test(uri)),
  ],
  [
    'C7: one slash',
    { redirectUris: ['com.example.app:cb'] },
    ({ redirectUris = [] }) => anyOf(redirectUris, (uri) => /^[a-z]+\.[a-z.]+:[^/]/.test(uri)),
  ],
  [
    'C7: https redirects of a native client stay on its origin',
    { redirectUris: ['https://example.org/cb'], applicationType: 'native' },
    (options) =>
      isNative(options) &&
      anyOf(
        options.redirectUris ?? [],
        (uri) => uri.startsWith('https:') && !isOn(uri, 'https://app.example.com'),
      ),
  ],
  [
    'C10: https, on the public internet',
    { logoUri: 'http://127.0.0.1/logo.png' },
    (options) => anyOf(pagesOf(options), (uri) => /^http:|^https:\/\/(localhost|[^/]*\.local)/.test(uri)),
  ],
  ['C10: a name is to be read', { clientName: ' ' }, ({ clientName }) => clientName === ' '],
]

test.each(STRICTER)('[C12] the constructor is stricter than the server: %s', async (_, example, holds) => {
  const options = { ...BASE, ...example }
  const built = build(options)
  expect(built).toBeInstanceOf(TypeError)
  expect(await verdictOn(options, built)).toMatchObject({ status: 201 })
  expect(holds(options)).toBe(true)
  expect(holds(BASE)).toBe(false)
})

test.each<[string, Partial<OAuthClientOptions>]>([
  ['an http client id', { clientId: 'http://app.example.com/c.json' }],
  ['a client id without a path', { clientId: 'https://app.example.com/' }],
  ['a client id that is a folder', { clientId: 'https://app.example.com/c/' }],
  ['a client id with dot segments', { clientId: 'https://app.example.com/a/../c.json' }],
  ['a client id with a fragment', { clientId: 'https://app.example.com/c.json#x' }],
  ['a client id with a password', { clientId: 'https://u:p@app.example.com/c.json' }],
  ['a client id at an address', { clientId: 'https://192.0.2.1/c.json' }],
  ['a client id on a local name', { clientId: 'https://app.local/c.json' }],
  ['a client id on a test name', { clientId: 'https://app.test/c.json' }],
  ['no redirect URI', { redirectUris: [] }],
  ['an http redirect', { redirectUris: ['http://app.example.com/cb'], applicationType: 'web' }],
  ['a redirect to localhost', { redirectUris: ['http://localhost/cb'] }],
  ['a redirect to a local name', { redirectUris: ['https://app.local/cb'] }],
  ['a loopback redirect of a web client', { redirectUris: ['http://127.0.0.1/cb'], applicationType: 'web' }],
  ['a scheme of a web client', { redirectUris: ['com.example.app:/cb'], applicationType: 'web' }],
  ['a scheme of another domain', { redirectUris: ['com.example.other:/cb'] }],
  ['a scheme with two slashes', { redirectUris: ['com.example.app://cb'] }],
  ['a scheme without a dot', { redirectUris: ['app:/cb'], applicationType: 'native' }],
  ['no atproto', { scope: 'transition:generic' }],
  ['atproto twice', { scope: 'atproto atproto' }],
  ['two blanks in a scope', { scope: 'atproto  transition:generic' }],
  ['a quote in a scope', { scope: 'atproto a"b' }],
  ['no code', { grantTypes: ['refresh_token'] }],
  ['a client page elsewhere', { clientUri: 'https://example.com/' }],
  ['a client page beside the document', { clientUri: 'https://app.example.com/elsewhere' }],
  ['a logo that is no URL', { logoUri: 'logo.png' }],
  ['terms that are a script', { tosUri: 'javascript:alert(1)' }],
])('[C12] the constructor refuses %s, and so does the server', async (_, change) => {
  const options = { ...BASE, ...change }
  const built = build(options)
  expect(built).toBeInstanceOf(TypeError)
  const { status, error } = await verdictOn(options, built)
  expect(status).toBe(400)
  expect(error).toMatch(/^invalid_(client_metadata|redirect_uri|client_id|request)$/)
})

test.each<[string, () => Partial<OAuthClientOptions>]>([
  ['a native client with keys', () => ({ keys: [...keys], applicationType: 'native' })],
  ['a key that is not said to be ours', () => ({ keys: [...keys, { ...keys[0], kid: '' }] })],
  ['a jwksUri that is none', () => ({ keys: [...keys], jwksUri: 'jwks.json' })],
])('[C5] [C6] [C12] the constructor refuses %s', (_, change) => {
  expect(build({ ...BASE, ...change() })).toBeInstanceOf(TypeError)
})

test('[C6] [C12] the server refuses a native client with keys, too', async () => {
  const options = { ...BASE, keys: [...keys], applicationType: 'native' as const }
  expect(await verdictOn(options, build(options))).toEqual({ status: 400, error: 'invalid_client_metadata' })
})

const HOSTS = [
  'app.example.com',
  'app.example.com:8443',
  'app.local',
  '192.0.2.1',
  'APP.example.com',
  'u:p@app.example.com',
  'intranet',
  'x.test',
]
const PATHS = ['/', '/c.json', '/a/b/c.json', '/c/', '/a/../c.json', '/c.json?v=1', '/c.json#x', '/./c']
const clientIds = fc.oneof(
  { weight: 3, arbitrary: fc.constant(CLIENT_ID) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('https', 'http'), fc.constantFrom(...HOSTS), fc.constantFrom(...PATHS))
      .map(([scheme, host, path]) => `${scheme}://${host}${path}`),
  },
)
const redirects = fc.oneof(
  fc.constantFrom(REDIRECT_URI, 'https://example.org/cb?a=b', 'https://app.example.com:8443/cb'),
  fc.constantFrom('http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb', 'http://[::1]/', 'http://localhost/cb'),
  fc.constantFrom(
    'com.example.app:/cb',
    'com.example.app://cb',
    'com.example.app:cb',
    'com.example:/cb',
    'app:/cb',
  ),
  fc.constantFrom(
    'https://127.0.0.1/cb',
    'https://app.local/cb',
    'https://u:p@app.example.com/cb',
    'https://a.example.com:443/',
  ),
  fc.constantFrom(
    'https://app.example.com/c#b',
    'https://app.example.com/c b',
    '',
    'cb',
    'javascript:alert(1)',
    'data:,x',
  ),
)
const pages = fc.constantFrom(
  'https://example.org/x',
  'http://example.org/x',
  'https://localhost/x',
  'http://127.0.0.1/x',
  'https://a.local/x',
  'x',
  'data:,x',
)
const changes = {
  clientId: clientIds,
  redirectUris: fc.array(redirects, { minLength: 0, maxLength: 3 }),
  scope: fc.constantFrom(
    SCOPE,
    'atproto',
    'atproto atproto',
    'transition:generic',
    'atproto ',
    'atproto a\\b',
    'xatproto',
  ),
  applicationType: fc.constantFrom('web' as const, 'native' as const),
  grantTypes: fc.constantFrom<NonNullable<OAuthClientOptions['grantTypes']>>(
    ['authorization_code'],
    ['refresh_token'],
    ['refresh_token', 'authorization_code'],
  ),
  clientName: fc.constantFrom('Example', ' '),
  clientUri: fc.constantFrom(
    'https://app.example.com',
    'https://app.example.com/a',
    'https://example.com/',
    'http://app.example.com/',
  ),
  logoUri: pages,
  tosUri: pages,
  policyUri: pages,
}
const kinds = fc.constantFrom<Options>(
  {},
  { applicationType: 'native' },
  { redirectUris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] },
)
const methods = fc.constantFrom<(options: Options) => Options>(
  (options) => options,
  (options) => ({ ...options, keys: [...keys] }),
  (options) => ({ ...options, keys: [...keys], jwksUri: JWKS_URI }),
)
/** A client of any kind, three things at most of it changed. */
const optionsArbitrary = fc
  .tuple(kinds, fc.record(changes), fc.subarray(Object.keys(changes), { maxLength: 3 }), methods)
  .map(([kind, values, names, withMethod]) => {
    const changed = Object.entries(values).filter(([name]) => names.includes(name))
    return withMethod({ ...BASE, ...kind, ...Object.fromEntries(changed) })
  })

test('[C12] what the constructor builds, the server takes; what it refuses, the server refuses, or we say why not', async () => {
  const seen = { built: 0, refused: 0, stricter: 0 }
  const property = fc.asyncProperty(optionsArbitrary, async (options) => {
    const built = build(options)
    const { status } = await verdictOn(options, built)
    const kind = built instanceof TypeError ? (status === 400 ? 'refused' : 'stricter') : 'built'
    seen[kind]++
    if (kind === 'built') expect(status).toBe(201)
    if (kind === 'stricter') expect(STRICTER.some(([, , holds]) => holds(options))).toBe(true)
  })
  await fc.assert(property, { numRuns: 1000, seed: 20261121 })
  // Neither side is right all the time.
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50)
}, 60_000)
