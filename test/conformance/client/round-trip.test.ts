import { OAuthClient, type OAuthClientOptions, type SignAssertion } from 'atproof'
import * as fc from 'fast-check'
import type { JWK } from 'jose'
import { beforeAll, expect, test } from 'vitest'
import { createClientAssertion } from '../../../src/flow/client/client-assertion.ts'
import { CLIENT_ID, type ClientScene, clientScene, privateKey, publicKey, REDIRECT_URI, SCOPE } from './scene.ts'

const JWKS_URI = 'https://app.example.com/jwks.json'
const GRANULAR = 'atproto repo:com.example.note blob:image/*'
let keys: readonly JWK[]

beforeAll(async () => {
  keys = [await privateKey('k1'), await privateKey('k2', 'RS256')]
})

type Options = Partial<OAuthClientOptions>

/** Scopes that a document tells as they were meant, and those that it leaves open. */
const TOLD: readonly Options[] = [
  { scope: 'atproto' },
  { scope: SCOPE },
  { scope: GRANULAR },
  { scope: GRANULAR, fallbackScope: SCOPE },
  { scope: `${GRANULAR} x:y`, fallbackScope: 'transition:email transition:generic atproto' },
]
const OPEN: readonly Options[] = [
  { scope: SCOPE, fallbackScope: GRANULAR },
  { scope: SCOPE, fallbackScope: 'atproto transition:email' },
  { scope: GRANULAR, fallbackScope: 'atproto' },
  { scope: `${GRANULAR} x:y`, fallbackScope: `${SCOPE} x:y` },
]

/** Every kind of client that has a document. */
const kinds = fc.constantFrom<() => Options>(
  () => ({ redirectUri: REDIRECT_URI }),
  () => ({ redirectUris: [REDIRECT_URI, 'https://other.example.com/cb?a=b'] }),
  () => ({ redirectUri: REDIRECT_URI, applicationType: 'native' }),
  () => ({ redirectUris: ['com.example.app:/cb', 'http://127.0.0.1/cb'] }),
  () => ({ redirectUri: REDIRECT_URI, keys }),
  () => ({ redirectUri: REDIRECT_URI, keys: keys.slice(1) }),
  () => ({ redirectUri: REDIRECT_URI, keys, jwksUri: JWKS_URI }),
  () => ({ redirectUri: REDIRECT_URI, signAssertion: sign, jwks: { keys: keys.map(publicKey) } }),
  () => ({ redirectUri: REDIRECT_URI, signAssertion: sign, jwksUri: JWKS_URI }),
)
const words = fc.record<Options>(
  {
    grantTypes: fc.constantFrom(['authorization_code'], ['refresh_token', 'authorization_code']),
    clientName: fc.constantFrom('Example', '例え'),
    clientUri: fc.constantFrom('https://app.example.com', 'https://app.example.com/'),
    logoUri: fc.constant('https://cdn.example.com/logo.png'),
    tosUri: fc.constant('https://app.example.com/tos'),
    policyUri: fc.constant('https://app.example.com/policy'),
  },
  { requiredKeys: [] },
)
const clients = fc.tuple(kinds, words).map(([kind, said]) => Object.assign(kind(), said))

/** A backend that signs with the first key. */
const sign: SignAssertion = ({ clientId, audience }) =>
  createClientAssertion(keys[0] ?? {}, { clientId, audience })

/** What a client asks of a server that takes none of its scopes: each push, without what is new in each. */
async function asks({ network, alice }: ClientScene, oauth: OAuthClient): Promise<readonly unknown[]> {
  const before = network.log.length
  const [outcome] = await Promise.allSettled([oauth.authorize(alice.handle)])
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'scope_refused' } })
  const pushes = network.log.entries.slice(before).filter(({ path }) => path === '/oauth/par')
  return pushes.map(({ form, assertion }) => {
    const said = [...(form ?? [])].filter(([name]) => name !== 'scope' && !ANEW.has(name))
    const scope = form?.get('scope')?.split(' ').toSorted()
    return { said: Object.fromEntries(said), scope, key: assertion?.header }
  })
}

const ANEW = new Set(['state', 'code_challenge', 'client_assertion'])

function respond(): Response {
  return Response.json({ error: 'invalid_scope' }, { status: 400 })
}

/** A client, the one that is loaded from what it serves, and what either asks for. */
async function roundTrip(options: Options, scopes: Options, loading: Options = {}) {
  const scene = clientScene()
  const { network, outside } = scene
  const built = new OAuthClient({ ...outside, ...options, ...scopes, clientId: CLIENT_ID })
  network.documents.set(CLIENT_ID, built.clientMetadata)
  network.documents.set(JWKS_URI, built.jwks.keys.length > 0 ? built.jwks : { keys: keys.map(publicKey) })
  const { keys: own, signAssertion } = options
  const loaded = await OAuthClient.load(CLIENT_ID, { ...outside, ...loading, keys: own, signAssertion })
  expect(loaded.clientMetadata).toEqual(built.clientMetadata)
  expect(loaded.jwks).toEqual(built.jwks)
  network.fault({ path: '/oauth/par', respond, times: Infinity })
  return { built: await asks(scene, built), loaded: await asks(scene, loaded) }
}

test('[C1] [C3] [C5] [D12] what the constructor builds is loaded from what it serves, and asks for the same', async () => {
  const sizes = new Set<number>()
  const property = fc.asyncProperty(clients, fc.constantFrom(...TOLD), async (options, scopes) => {
    const { built, loaded } = await roundTrip(options, scopes)
    expect(loaded).toEqual(built)
    sizes.add(loaded.length)
  })
  await fc.assert(property, { numRuns: 150, seed: 20261121 })
  // Some ask for a fallback, some do not.
  expect([...sizes].toSorted()).toEqual([1, 2])
})

test('[C3] [D12] where a document leaves open when to ask for what, it is loaded all the same, and options say it', async () => {
  const property = fc.asyncProperty(clients, fc.constantFrom(...OPEN), async (options, scopes) => {
    await roundTrip(options, scopes)
    const { built, loaded } = await roundTrip(options, scopes, scopes)
    expect(loaded).toEqual(built)
  })
  await fc.assert(property, { numRuns: 100, seed: 20261121 })
})
