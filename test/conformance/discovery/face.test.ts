import { DiscoveryError, IdentityError, NetworkError } from 'atproof'
import {
  discoverAuthorizationServer,
  discoveryCache,
  type DiscoveryOptions,
  dnsOverHttps,
  resolveIdentity,
} from 'atproof/discovery'
import { type FakeNetwork, fakeNetwork } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../scene.ts'

const HANDLE = 'alice.example.com'
const PDS = 'https://pds.example.com'
const ENTRYWAY = 'https://entryway.example.com'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

function scene(options: Parameters<typeof fakeNetwork>[0] = {}) {
  const network = fakeNetwork(options)
  const alice = network.createAccount(HANDLE)
  const { fetch, resolveTxt, clock } = network
  const outside = { fetch, resolveTxt, clock } satisfies DiscoveryOptions
  return { network, alice, clock, outside }
}

const documentsAsked = ({ log }: FakeNetwork): number => log.count(/plc\.directory/)

describe('resolveIdentity', () => {
  test.each([[HANDLE], [`@${HANDLE.toUpperCase()}`], [` ${HANDLE}\u200B`]])(
    '[A9] finds the account of %j, proved both ways',
    async (typed) => {
      const { network, alice, outside } = scene()
      const { did, handle, pds, document } = await resolveIdentity(typed, outside)
      expect({ did, handle, pds }).toEqual({ did: alice.did, handle: HANDLE, pds: PDS })
      expect(document).toMatchObject(network.didDocuments.get(alice.did) ?? {})
      expect(document).toHaveProperty('verificationMethod')
      expect(network.log.to(/^http/)).toHaveLength(2)
    },
  )

  test('[A9] finds the account of a DID, and its handle where that points back', async () => {
    const { network, alice, outside } = scene()
    expect(await resolveIdentity(alice.did, outside)).toMatchObject({ did: alice.did, handle: HANDLE, pds: PDS })
    network.wellKnownDids.delete(HANDLE)
    expect(await resolveIdentity(alice.did, outside)).toMatchObject({
      did: alice.did,
      handle: undefined,
      pds: PDS,
    })
  })

  test.each([
    ['at://handle.invalid'],
    ['at://alice.local'],
    ['at://\u212Aate.example.com'],
    ['https://x.example.com'],
  ])('[A3] [A4] [A9] shows no handle for a document that claims %s, and asks nobody about it', async (alias) => {
    const { network, alice, outside } = scene()
    network.didDocuments.set(alice.did, { ...network.didDocuments.get(alice.did), alsoKnownAs: [alias] })
    expect((await resolveIdentity(alice.did, outside)).handle).toBeUndefined()
    expect(network.log).toHaveLength(1)
  })

  test('[A9] refuses a handle that its account does not claim, and says which document it read', async () => {
    const { network, alice, outside } = scene()
    network.wellKnownDids.set('bob.example.com', alice.did)
    const error = await failureOf(resolveIdentity('bob.example.com', outside))
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({
      code: 'handle_mismatch',
      url: `https://plc.directory/${alice.did}`,
      field: 'alsoKnownAs',
      expected: 'bob.example.com',
      found: HANDLE,
      action: `type ${HANDLE}, which is what the account calls itself, or make bob.example.com the handle of that account`,
    })
  })

  test.each([['at://alice.local'], ['https://alice.example.com']])(
    '[A9] [A3] proposes the DID where the account claims no handle of use: %s',
    async (alias) => {
      const { network, alice, outside } = scene()
      network.didDocuments.set(alice.did, { ...network.didDocuments.get(alice.did), alsoKnownAs: [alias] })
      expect(await failureOf(resolveIdentity(HANDLE, outside))).toMatchObject({
        code: 'handle_mismatch',
        action: `type the account's DID, ${alice.did}, or make ${HANDLE} the handle of that account`,
      })
    },
  )

  test('[A13] says how to allow a did:web of this machine', async () => {
    const { outside } = scene()
    expect(await failureOf(resolveIdentity('did:web:localhost%3A2583', outside))).toMatchObject({
      code: 'did_unsupported',
      action: 'for development, name http://localhost:2583 in `allowLoopback`',
    })
  })

  test('[B11] takes no URL of a server', async () => {
    const { network, outside } = scene()
    expect(await failureOf(resolveIdentity(PDS, outside))).toMatchObject({
      code: 'identifier_is_server',
      field: 'identifier',
      expected: 'a handle or a DID',
      found: PDS,
      action: "type the account's handle, such as alice.example.com, or its DID",
    })
    expect(network.log).toHaveLength(0)
  })

  test('[A12] [A5] asks whom the options name', async () => {
    const { network, alice, outside } = scene()
    const document = network.didDocuments.get(alice.did)
    network.host('https://plc.example.org', () => Response.json(document))
    const options = { ...outside, plcDirectory: 'https://plc.example.org', handleResolver: PDS }
    expect(await resolveIdentity(HANDLE, options)).toMatchObject({ did: alice.did })
    expect(network.log.entries.map(({ url }) => url)).toEqual([
      `${PDS}/xrpc/com.atproto.identity.resolveHandle?handle=${HANDLE}`,
      `https://plc.example.org/${alice.did}`,
    ])
  })

  test('[A3] [M9] resolves .test handles in development', async () => {
    const { network, outside } = scene()
    const bob = network.createAccount('bob.test')
    expect(await failureOf(resolveIdentity('bob.test', outside))).toMatchObject({ code: 'handle_reserved' })
    const development = { ...outside, allowLoopback: ['http://localhost:2583'] }
    expect(await resolveIdentity('bob.test', development)).toMatchObject({ did: bob.did })
  })

  test.each([[/plc\.directory/], [/atproto-did/]])(
    '[J14] hands on the reason of an abort while %s is asked',
    async (path) => {
      const { network, clock, alice, outside } = scene()
      const hanging = network.fault({ path, hang: 'answer' })
      const controller = new AbortController()
      const ended = expect(resolveIdentity(alice.did, { ...outside, signal: controller.signal })).rejects.toBe(
        'stop',
      )
      await hanging.hit
      controller.abort('stop')
      await ended
      expect(network.log.last?.outcome).toBe('aborted')
      expect(clock.sleeping).toBe(0)
    },
  )
})

describe('discoverAuthorizationServer', () => {
  test('[B7] tells what the server offers, and for whom', async () => {
    const { network, alice, outside } = scene()
    const server = await discoverAuthorizationServer(HANDLE, outside)
    expect(server).toMatchObject({
      issuer: PDS,
      pds: PDS,
      authorizationEndpoint: `${PDS}/oauth/authorize`,
      tokenEndpoint: `${PDS}/oauth/token`,
      parEndpoint: `${PDS}/oauth/par`,
      revocationEndpoint: `${PDS}/oauth/revoke`,
      promptValues: ['none', 'login', 'consent', 'select_account', 'create'],
      displayValues: ['page', 'popup', 'touch'],
      uiLocales: ['en-US'],
      scopes: network.authorizationServerMetadata['scopes_supported'],
      clientAlgorithms: network.authorizationServerMetadata['token_endpoint_auth_signing_alg_values_supported'],
      identity: { did: alice.did, handle: HANDLE, pds: PDS },
    })
    expect(server.identity?.document).toHaveProperty('id', alice.did)
  })

  test.each([
    ['prompt_values_supported', 'promptValues'],
    ['display_values_supported', 'displayValues'],
    ['ui_locales_supported', 'uiLocales'],
  ] as const)('[B7] what a server does not say, or not well, of %s is not known', async (field, name) => {
    for (const value of [undefined, 'login', [1]]) {
      const { network, outside } = scene()
      network.authorizationServerMetadata[field] = value
      expect((await discoverAuthorizationServer(PDS, outside))[name]).toBeUndefined()
    }
  })

  test('[B10] [B11] by an account, a PDS and the server itself', async () => {
    const { alice, outside } = scene({ entryway: true })
    for (const [identifier, pds, did] of [
      [alice.did, PDS, alice.did],
      [PDS, PDS, undefined],
      [`${ENTRYWAY}/`, undefined, undefined],
    ] as const) {
      const server = await discoverAuthorizationServer(identifier, outside)
      expect([server.issuer, server.pds, server.identity?.did]).toEqual([ENTRYWAY, pds, did])
    }
  })

  test('[B11] refuses what is no server, and says that it may be a handle', async () => {
    const { network, outside } = scene()
    const error = await failureOf(discoverAuthorizationServer(`https://${HANDLE}`, outside))
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'not_a_server',
      url: `https://${HANDLE}`,
      found: `https://${HANDLE}`,
      cause: { code: 'metadata_unavailable', found: 404 },
    })
    expect(error.action).toBe(`check the URL; where ${HANDLE} is a handle, type it without https://`)
    expect(network.log).toHaveLength(2)
  })

  test('[B11] a PDS that names a server which has no metadata is a PDS all the same', async () => {
    const { network, outside } = scene({ entryway: true })
    network.fault({ path: `${ENTRYWAY}/.well-known/oauth-authorization-server`, status: 404 })
    expect(await failureOf(discoverAuthorizationServer(PDS, outside))).toMatchObject({
      code: 'metadata_unavailable',
      url: `${ENTRYWAY}/.well-known/oauth-authorization-server`,
    })
  })

  test('[M1] leads to no private network', async () => {
    const { network, outside } = scene()
    const error = await failureOf(discoverAuthorizationServer('https://10.0.0.1', outside))
    expect(error).toBeInstanceOf(NetworkError)
    expect(error).toMatchObject({ code: 'address_forbidden', found: '10.0.0.1' })
    expect(network.log).toHaveLength(0)
  })
})

describe('what is asked for afresh', () => {
  test.each([[HANDLE], [PDS]])(
    '[B12] by %s is asked for once, whichever answer comes first',
    async (identifier) => {
      for (const slow of ['resource', 'server']) {
        const { network, clock, outside } = scene()
        const path = slow === 'resource' ? 'oauth-protected-resource' : 'oauth-authorization-server'
        network.fault({ path: `${PDS}/.well-known/${path}`, delay: 'answer', ms: 100 })
        const discovering = discoverAuthorizationServer(identifier, { ...outside, fresh: true })
        await clock.advance(100)
        expect((await discovering).issuer).toBe(PDS)
        expect(network.log.count(/oauth-protected-resource/)).toBe(1)
        expect(network.log.count(/oauth-authorization-server/)).toBe(1)
      }
    },
  )
})

describe('without a cache', () => {
  test('[A17] every call asks for everything', async () => {
    const { network, outside } = scene()
    await discoverAuthorizationServer(HANDLE, outside)
    const { length } = network.log
    await discoverAuthorizationServer(HANDLE, outside)
    expect(network.log).toHaveLength(2 * length)
    await resolveIdentity(HANDLE, outside)
    expect(documentsAsked(network)).toBe(3)
  })
})

describe('a cache that calls share', () => {
  test('[A17] keeps an account for a day', async () => {
    const { network, clock, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    const first = await resolveIdentity(HANDLE, options)
    await clock.advance(DAY - 1)
    expect(await resolveIdentity(HANDLE, options)).toEqual(first)
    expect(documentsAsked(network)).toBe(1)
    await clock.advance(1)
    await resolveIdentity(HANDLE, options)
    expect(documentsAsked(network)).toBe(2)
    await clock.advance(DAY)
    await resolveIdentity(HANDLE, { ...options, maxAgeMs: 30 * DAY })
    expect(documentsAsked(network)).toBe(3)
  })

  test('[A17] keeps it for as long as a call says, and for ten minutes on the way to a server', async () => {
    const { network, clock, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    await resolveIdentity(HANDLE, options)
    await clock.advance(MINUTE)
    await resolveIdentity(HANDLE, { ...options, maxAgeMs: MINUTE + 1 })
    expect(documentsAsked(network)).toBe(1)
    await resolveIdentity(HANDLE, { ...options, maxAgeMs: MINUTE })
    expect(documentsAsked(network)).toBe(2)
    await clock.advance(10 * MINUTE)
    await resolveIdentity(HANDLE, options)
    expect(documentsAsked(network)).toBe(2)
    await discoverAuthorizationServer(HANDLE, options)
    expect(documentsAsked(network)).toBe(3)
    await discoverAuthorizationServer(HANDLE, { ...options, maxAgeMs: 0 })
    expect(documentsAsked(network)).toBe(4)
  })

  test('[A17] [B12] is passed by on demand, and learns from it', async () => {
    const { network, alice, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    await resolveIdentity(HANDLE, options)
    network.addPds('https://new-home.example.com')
    alice.moveTo('https://new-home.example.com')
    expect(await resolveIdentity(HANDLE, options)).toMatchObject({ pds: PDS })
    const moved = { pds: 'https://new-home.example.com' }
    expect(await resolveIdentity(HANDLE, { ...options, fresh: true })).toMatchObject(moved)
    expect(await resolveIdentity(HANDLE, options)).toMatchObject(moved)
    expect(documentsAsked(network)).toBe(2)
    alice.moveTo(PDS)
    expect(await discoverAuthorizationServer(HANDLE, options)).toMatchObject(moved)
    expect(await discoverAuthorizationServer(HANDLE, { ...options, fresh: true })).toMatchObject({ pds: PDS })
    expect(documentsAsked(network)).toBe(3)
  })

  test('[A9] [A17] asks anew before it calls a handle wrong that went to another account', async () => {
    const { network, alice, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    await resolveIdentity(HANDLE, options)
    const bob = network.createAccount('bob.example.com')
    alice.rename('alice.example.org')
    bob.rename(HANDLE)
    // The document is new, the handle is not.
    await resolveIdentity(alice.did, { ...options, fresh: true })
    expect(await resolveIdentity(HANDLE, options)).toMatchObject({ did: bob.did, handle: HANDLE })
  })

  test('[A9] [A17] asks anew also where it is only the handle that it remembers', async () => {
    const { network, alice, outside } = scene()
    const options = { ...outside, cache: discoveryCache({ maxEntries: 1 }) }
    await resolveIdentity(HANDLE, options)
    const bob = network.createAccount('bob.example.com')
    network.didDocuments.set(bob.did, { ...network.didDocuments.get(bob.did), alsoKnownAs: [] })
    // The document of Bob takes the place of that of Alice.
    await resolveIdentity(bob.did, options)
    alice.rename('alice.example.org')
    const carol = network.createAccount(HANDLE)
    expect(await resolveIdentity(HANDLE, options)).toMatchObject({ did: carol.did, handle: HANDLE })
  })

  test('[A17] keeps as much as it is told to', async () => {
    const { network, alice, outside } = scene()
    const bob = network.createAccount('bob.example.com')
    const options = { ...outside, cache: discoveryCache({ maxEntries: 1 }) }
    for (const { did } of [alice, alice, bob, alice]) await resolveIdentity(did, options)
    expect(documentsAsked(network)).toBe(3)
  })

  test('[A17] asks once for calls at the same time', async () => {
    const { network, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    await Promise.all([1, 2, 3].map(() => discoverAuthorizationServer(HANDLE, options)))
    expect(network.log.to(/^http/)).toHaveLength(4)
  })

  test('is not changed by what an app does to a document', async () => {
    const { alice, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    const { identity } = await discoverAuthorizationServer(HANDLE, options)
    for (const { document } of [await resolveIdentity(HANDLE, options), identity ?? { document: {} }]) {
      Object.assign(document, { id: 'changed' })
    }
    expect((await resolveIdentity(HANDLE, options)).document).toHaveProperty('id', alice.did)
  })

  test('[A17] [A18] uses a document of more than 16 KiB, and does not keep it', async () => {
    const { network, alice, outside } = scene()
    const options = { ...outside, cache: discoveryCache() }
    const padding = 'x'.repeat(16 * 1024)
    network.didDocuments.set(alice.did, { ...network.didDocuments.get(alice.did), padding })
    network.authorizationServerMetadata['padding'] = padding
    for (const times of [1, 2]) {
      expect((await discoverAuthorizationServer(HANDLE, options)).issuer).toBe(PDS)
      expect(documentsAsked(network)).toBe(times)
      expect(network.log.count(/oauth-authorization-server/)).toBe(times)
      expect(network.log.count(/oauth-protected-resource/)).toBe(1)
    }
  })

  test.each([0, -1, 1.5, Number.NaN, Infinity])('of %d entries is none', (maxEntries) => {
    expect(() => discoveryCache({ maxEntries })).toThrow(
      `maxEntries: expected a whole number from 1, found ${maxEntries}`,
    )
  })
})

describe('dnsOverHttps', () => {
  test('[A5] looks up TXT records at a server of the app', async () => {
    const { network, outside } = scene()
    const { did } = network.createAccount('bob.example.com', { dns: true })
    const { fetch, clock } = outside
    const resolveTxt = dnsOverHttps('https://dns.google/resolve', { fetch, clock })
    expect(await resolveIdentity('bob.example.com', { ...outside, resolveTxt })).toMatchObject({ did })
    expect(network.log.to('https://dns.google/resolve')[0]?.headers.get('accept')).toBe('application/dns-json')
    const { signal } = new AbortController()
    expect(await resolveTxt('_atproto.bob.example.com', { signal })).toEqual([[`did=${did}`]])
  })

  test('[A5] is what a URL for `resolveTxt` means', async () => {
    const { network, outside } = scene()
    network.createAccount('bob.example.com', { dns: true })
    await resolveIdentity('bob.example.com', { ...outside, resolveTxt: 'https://dns.google/resolve' })
    expect(network.log.count('https://dns.google/resolve')).toBe(1)
  })

  test.each(['http://dns.google/resolve', 'dns.google', ''])('[A5] %j is no server of it', (url) => {
    expect(() => dnsOverHttps(url)).toThrow(TypeError)
    expect(() => dnsOverHttps(url)).toThrow('url: expected the https URL of a DNS-over-HTTPS server')
  })
})

describe("a mistake in the caller's own arguments", () => {
  test.each([
    ['plcDirectory', 'https://plc.example.com/did'],
    ['plcDirectory', 'http://plc.example.com'],
    ['handleResolver', 'resolver.example.com'],
    ['resolveTxt', 'http://dns.example.com'],
    ['resolveTxt', 7],
    ['resolveTxt', null],
    ['allowLoopback', ['http://10.0.0.1']],
    ['cache', new Map()],
    ['maxAgeMs', -1],
    ['maxAgeMs', Number.NaN],
  ])('is named: %s %j', async (field, value) => {
    const { network, outside } = scene()
    const options = { ...outside, [field]: value }
    for (const call of [resolveIdentity, discoverAuthorizationServer]) {
      const error: unknown = await call(HANDLE, options).catch((each: unknown) => each)
      expect(error).toBeInstanceOf(TypeError)
      expect(String(error)).toMatch(new RegExp(`^TypeError: ${field}: expected `))
    }
    expect(network.log).toHaveLength(0)
  })

  test('is named: an identifier that is no text', async () => {
    const { outside } = scene()
    // @ts-expect-error: a handle is text
    await expect(resolveIdentity(undefined, outside)).rejects.toThrow(/^identifier: expected a handle or a DID/)
    // @ts-expect-error: a handle is text
    await expect(discoverAuthorizationServer(7, outside)).rejects.toThrow(
      /^identifier: expected a handle, a DID, or/,
    )
  })
})
