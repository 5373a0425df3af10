import {
  discoverAuthorizationServer,
  discoveryCache,
  type DiscoveryOptions,
  resolveIdentity,
} from 'atproof/discovery'
import { fakeNetwork } from 'atproof/testing'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { alicesScene, failureOf } from '../scene.ts'

const HANDLE = 'alice.example.com'
const PDS = 'https://pds.example.com'
const RESOURCE = `${PDS}/.well-known/oauth-protected-resource`
const SECOND = 1000
const MINUTE = 60 * SECOND

afterEach(() => void vi.unstubAllGlobals())

function scene() {
  const network = fakeNetwork()
  const alice = network.createAccount(HANDLE)
  const { fetch, resolveTxt, clock } = network
  const options = { fetch, resolveTxt, clock, cache: discoveryCache() } satisfies DiscoveryOptions
  return { network, alice, clock, options }
}

/** The host of a did:web, which is found by every spelling of its name. */
function webScene() {
  const { network, options } = scene()
  const did = 'did:web:web.example.com'
  network.createAccount('bob.example.com', { did })
  return { network, options, did, other: 'did:web:WEB.example.com' }
}

/** Which connections the runtime's own fetch was told to use, by call. */
async function connectionsOf(calls: readonly DiscoveryOptions[]): Promise<readonly unknown[]> {
  const { network, alice, clock } = scene()
  const used: unknown[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit & { dispatcher?: unknown }) => {
    const { dispatcher, ...rest } = init
    used.push(dispatcher)
    return network.fetch(url, rest)
  })
  const { resolveTxt } = network
  for (const call of calls) await resolveIdentity(alice.did, { ...call, resolveTxt, clock, fresh: true })
  return [used[0], used.at(-1)]
}

describe('several DIDs whose document is in one place', () => {
  test('[A11] [A14] the document of one is not that of another', async () => {
    const { options, did, other } = webScene()
    expect(await resolveIdentity(did, options)).toMatchObject({ did })
    expect(await failureOf(resolveIdentity(other, options))).toMatchObject({
      code: 'did_document_invalid',
      field: 'id',
      expected: other,
    })
  })

  test('[A11] [A17] that there is none for one says nothing of another', async () => {
    const { options, did, other } = webScene()
    expect(await failureOf(resolveIdentity(other, options))).toMatchObject({ code: 'did_document_invalid' })
    expect(await resolveIdentity(did, options)).toMatchObject({ did })
  })
})

describe('what a cache keeps', () => {
  test('is not changed by what an app does to the lists of a server', async () => {
    const { options } = scene()
    const first = await discoverAuthorizationServer(PDS, options)
    const before = structuredClone({ scopes: first.scopes, algorithms: first.clientAlgorithms })
    for (const list of [first.scopes, first.clientAlgorithms]) Object.assign(list, ['changed', 'changed'])
    const { scopes, clientAlgorithms } = await discoverAuthorizationServer(PDS, options)
    expect({ scopes, algorithms: clientAlgorithms }).toEqual(before)
  })

  test('[B7] lists of a server are lists of texts', async () => {
    for (const field of ['scopes_supported', 'token_endpoint_auth_signing_alg_values_supported']) {
      const { network, options } = scene()
      network.authorizationServerMetadata[field] = ['atproto', 'ES256', 7]
      expect(await failureOf(discoverAuthorizationServer(PDS, options))).toMatchObject({
        code: 'server_metadata_invalid',
        field,
        expected: 'a list of texts',
      })
    }
  })

  test.each([
    ['is gone', 'did_not_found'],
    ['was taken out of use', 'did_tombstoned'],
    ['has a document that is broken', 'did_document_invalid'],
  ])('[A9] [A17] a handle is asked for anew where its account %s', async (_, code) => {
    const { network, alice, options } = scene()
    await resolveIdentity(HANDLE, options)
    alice.rename('old.example.com')
    const { did } = network.createAccount(HANDLE)
    const documents = { did_not_found: undefined, did_tombstoned: null, did_document_invalid: {} }
    const document = documents[code as keyof typeof documents]
    if (document === undefined) network.didDocuments.delete(alice.did)
    else network.didDocuments.set(alice.did, document)
    expect(await failureOf(resolveIdentity(alice.did, { ...options, fresh: true }))).toMatchObject({ code })
    expect(await resolveIdentity(HANDLE, options)).toMatchObject({ did })
  })

  test('[A17] and once only: an account that is gone is gone', async () => {
    const { network, alice, options } = scene()
    await resolveIdentity(HANDLE, options)
    network.didDocuments.delete(alice.did)
    await failureOf(resolveIdentity(alice.did, { ...options, fresh: true }))
    network.log.clear()
    expect(await failureOf(resolveIdentity(HANDLE, options))).toMatchObject({ code: 'did_not_found' })
    expect([network.log.count(/^dns:/), network.log.count(/plc\.directory/)]).toEqual([1, 1])
  })
})

describe('a server that fails', () => {
  test.each([{ maxAgeMs: 0 }, { maxAgeMs: MINUTE }, { fresh: true }])(
    '[B12] gives no old answer to whoever says how old one may be: %j',
    async (age) => {
      const { network, clock, options } = scene()
      await discoverAuthorizationServer(PDS, options)
      network.fault({ path: RESOURCE, status: 503, times: Infinity })
      await clock.advance(10 * MINUTE)
      expect(await discoverAuthorizationServer(PDS, options)).toMatchObject({ issuer: PDS })
      expect(await failureOf(discoverAuthorizationServer(PDS, { ...options, ...age }))).toMatchObject({
        code: 'server_failing',
      })
    },
  )

  test('[B1] is not one that redirects: what it said last does not stand', async () => {
    const { alice, oauth, network, clock } = alicesScene()
    await oauth.authorize(alice.did)
    await clock.advance(10 * MINUTE)
    network.fault({ path: RESOURCE, redirect: 'https://evil.example.com/' })
    expect(await failureOf(oauth.authorize(alice.did))).toMatchObject({ code: 'redirected', url: RESOURCE })
  })

  test.each([undefined, 8 * SECOND])(
    'or hangs holds up a sign-in for two seconds where its last answer is known, within %j ms',
    async (limitMs) => {
      const { alice, oauth, network, clock } = alicesScene()
      await oauth.authorize(alice.did)
      await clock.advance(10 * MINUTE)
      network.fault({ path: RESOURCE, hang: 'request', times: Infinity })
      const begin = clock.monotonic()
      const controller = new AbortController()
      const signing = oauth.authorize(alice.did, { signal: controller.signal })
      const end = signing.then(() => clock.monotonic() - begin)
      await clock.advance(limitMs ?? 9 * SECOND)
      controller.abort('late')
      expect(await end).toBe(2 * SECOND)
      await clock.advance(10 * SECOND)
      expect(await oauth.authorize(alice.did)).toHaveProperty('url')
      expect(network.log.count(RESOURCE)).toBe(3)
    },
  )
})

describe('requests', () => {
  test("[A17] [R11] ask the servers themselves, past a browser's own cache", async () => {
    const { network, options } = scene()
    const modes = new Map<string, RequestCache | undefined>()
    const fetch = (url: string, init: RequestInit) => {
      modes.set(new URL(url).host, init.cache)
      return network.fetch(url, init)
    }
    const resolveTxt = 'https://dns.google/resolve'
    await discoverAuthorizationServer(HANDLE, { ...options, fetch, resolveTxt })
    await resolveIdentity(HANDLE, { ...options, fetch, handleResolver: 'https://pds.example.com', fresh: true })
    expect(Object.fromEntries(modes)).toEqual({
      [HANDLE]: 'no-cache',
      'dns.google': 'no-cache',
      'plc.directory': 'no-cache',
      'pds.example.com': 'no-cache',
    })
  })

  test('share their connections where they share a cache', async () => {
    const cache = discoveryCache()
    const [first, last] = await connectionsOf([{ cache }, { cache }])
    expect(first).toBeDefined()
    expect(last).toBe(first)
  })

  test('[M1] [M9] share none where they share none, or guard other origins', async () => {
    const cache = discoveryCache()
    for (const calls of [
      [{}, {}],
      [{ cache, allowLoopback: ['http://localhost:2583'] }, { cache }],
    ]) {
      const [first, last] = await connectionsOf(calls)
      expect(last).toBeDefined()
      expect(last).not.toBe(first)
    }
  })
})
