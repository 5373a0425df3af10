import { inspect } from 'node:util'
import { fakeNetwork, type RateLimit } from 'atproof/testing'
import { expect, test } from 'vitest'
import { didDocument } from '../../../src/testing/did-document.ts'

const PDS2 = 'https://pds2.example.com'

test('an account is found however its handle is typed', async () => {
  const network = fakeNetwork()
  const alice = network.createAccount('@Alice.Test')
  expect(alice.handle).toBe('alice.test')
  expect(network.account('ALICE.test')).toBe(alice)
  expect((await network.signIn('@Bob.test')).session.handle).toBe('bob.test')
})

test('a handle or DID that somebody has, or that is none, makes no account', () => {
  const network = fakeNetwork()
  const alice = network.createAccount('alice.test')
  const bob = network.createAccount('bob.test')
  expect(() => network.createAccount('Alice.test')).toThrow(
    'handle: expected one that nobody has, found alice.test',
  )
  expect(() => network.createAccount('carol.test', { did: alice.did })).toThrow(
    'did: expected one that nobody has',
  )
  expect(() => bob.rename('alice.test')).toThrow(TypeError)
  expect(() => network.createAccount('alice')).toThrow(expect.objectContaining({ code: 'handle_malformed' }))
  expect([alice.handle, bob.handle, network.account('carol.test')]).toEqual(['alice.test', 'bob.test', undefined])
})

test('origins may end in a slash, and are nothing else', async () => {
  const network = fakeNetwork()
  expect(network.addPds(`${PDS2}/`).origin).toBe(PDS2)
  network.host('https://cdn.example.com/', () => new Response('here'))
  expect(await (await network.fetch('https://cdn.example.com/a')).text()).toBe('here')
  for (const origin of ['pds3.example.com', 'https://pds3.example.com/path', 'ftp://pds3.example.com', '']) {
    expect(() => network.addPds(origin)).toThrow('origin: expected an origin')
    expect(() => network.host(origin, () => new Response())).toThrow('origin: expected an origin')
  }
  expect(() => network.addPds(PDS2)).toThrow('expected one without a PDS')
  expect(() => network.createAccount('alice.test', { pds: 'https://pds9.example.com' })).toThrow(/^pds: expected/)
})

test('two services of one DID stand in one document, each at its own origin', () => {
  const network = fakeNetwork()
  const did = 'did:web:api.example.com'
  network.addService(`${did}#a`)
  network.addService(`${did}#b`, { origin: 'https://b.example.com' })
  expect(network.didDocuments.get(did)).toMatchObject({
    service: [
      { id: '#a', serviceEndpoint: 'https://api.example.com' },
      { id: '#b', serviceEndpoint: 'https://b.example.com' },
    ],
  })
  expect(() => network.addService(`${did}#c`)).toThrow('expected one without a service')
  expect(() => network.addService(`${did}#d#e`)).toThrow(/^reference: /)
})

test.each<[string, (network: ReturnType<typeof fakeNetwork>) => void]>([
  ['rateLimit.limit', (network) => network.rateLimit({ limit: Number.NaN, windowSeconds: 1 })],
  ['rateLimit.windowSeconds', (network) => network.rateLimit({ limit: 1, windowSeconds: 0 })],
  ['rateLimit.nsid', (network) => network.rateLimit({ nsid: 'x', limit: 1, windowSeconds: 1 })],
  ['rateLimit: ', (network) => network.rateLimit({ limit: 1, windowSeconds: 1, windowMs: 1 } as RateLimit)],
  ['nsid', (network) => network.respond('nodots', () => ({}))],
  ['tokenLifetimeSeconds', (network) => (network.tokenLifetimeSeconds = 0)],
  ['fault.path', (network) => network.fault({ path: 'com.example.get', refuse: true })],
])('a mistake is named: %s', (name, mistake) => {
  expect(() => mistake(fakeNetwork())).toThrow(new RegExp(`^${name}`))
})

test('the newest session is the newest of all servers', async () => {
  const network = fakeNetwork()
  network.addPds(PDS2, { issuer: PDS2 })
  const alice = network.createAccount('alice.test', { pds: PDS2 })
  await network.signIn(alice.did)
  const first = alice.session
  alice.moveTo(network.pds)
  await network.signIn(alice.did)
  expect(alice.sessions).toEqual([first, alice.session])
  expect(alice.session).not.toBe(first)
})

test('an account shows no password', () => {
  const alice = fakeNetwork().createAccount('alice.test', { password: 'hunter2' })
  expect(inspect(alice) + JSON.stringify(alice)).not.toContain('hunter2')
  expect(alice.password).toBe('hunter2')
})

test('the log goes by true time, and prints whatever was thrown', async () => {
  const network = fakeNetwork()
  network.host('https://bad.example.com', () => {
    throw null
  })
  network.clock.jumpWall(-3_600_000)
  await expect(network.fetch('https://bad.example.com/')).rejects.toThrow('fetch failed')
  expect(String(network.log)).toMatch(/^0\.000 +app +GET +https:\/\/bad\.example\.com\/ +failed: /)
})

test('a document may stand on a host of ours', async () => {
  const network = fakeNetwork()
  network.documents.set(`${network.pds}/client.json`, { a: 1 })
  expect(await (await network.fetch(`${network.pds}/client.json`)).json()).toEqual({ a: 1 })
})

test('a PDS answers 500 where it cannot ask the directory, and knows no inherited name', async () => {
  const network = fakeNetwork()
  const alice = network.createAccount('alice.test')
  network.fault({ path: /plc\.directory/, status: 500 })
  const describe = `${network.pds}/xrpc/com.atproto.repo.describeRepo?repo=${alice.did}`
  expect((await network.fetch(describe)).status).toBe(500)
  for (const name of ['constructor', 'toString', '__proto__']) {
    const { message } = await (await network.fetch(`${network.pds}/xrpc/${name}`)).json()
    expect(message).not.toContain('expected')
  }
})

test('a PDS finds a handle in DNS that is there once, and else at its host', async () => {
  const network = fakeNetwork()
  const alice = network.createAccount('alice.test')
  const resolve = async () =>
    (
      await network.fetch(`${network.pds}/xrpc/com.atproto.identity.resolveHandle?handle=elsewhere.example.com`)
    ).json()
  network.didDocuments.set(
    'did:web:elsewhere.example.com',
    didDocument({ did: alice.did, handle: 'x.test' }, PDS2),
  )
  network.txtRecords.set('_atproto.elsewhere.example.com', [['did=did:web:a.test'], ['did=did:web:b.test']])
  network.wellKnownDids.set('elsewhere.example.com', 'did:web:c.test')
  expect(await resolve()).toEqual({ did: 'did:web:c.test' })
  network.txtRecords.set('_atproto.elsewhere.example.com', [['did=did:web:a.test']])
  expect(await resolve()).toEqual({ did: 'did:web:a.test' })
})

test('time jumps by itself where it was asked to', async () => {
  const network = fakeNetwork({ autoAdvance: true })
  const client = await network.signIn('alice.test')
  network.account('alice.test')?.revokeSessions()
  await expect(client.get('com.atproto.server.getSession')).rejects.toMatchObject({ code: 'needs_reauth' })
  network.close()
})
