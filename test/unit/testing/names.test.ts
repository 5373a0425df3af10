import type { FakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'
import { alicesNetwork } from './scene.ts'

const NAME = '_atproto.bob.example.com'

/** A network where a handle is proved by DNS, and the two ways to ask for it. */
async function bobsNetwork() {
  const { network } = await alicesNetwork()
  const bob = network.createAccount('bob.example.com', { dns: true })
  return { network, bob, overHttps: (name = NAME, type = 'TXT') => askOverHttps(network, name, type) }
}

async function askOverHttps(network: FakeNetwork, name: string, type: string): Promise<unknown> {
  const url = `https://cloudflare-dns.com/dns-query?name=${name}&type=${type}`
  const response = await network.fetch(url, { headers: { accept: 'application/dns-json' } })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/dns-json'])
  return response.json()
}

function answer(...data: string[]): object {
  return { Status: 0, Answer: data.map((each) => ({ name: NAME, type: 16, TTL: 300, data: each })) }
}

test('a name has its record, by both ways; another name is not there', async () => {
  const { network, bob, overHttps } = await bobsNetwork()
  expect(await network.resolveTxt(NAME)).toEqual([[`did=${bob.did}`]])
  expect(await network.resolveTxt('_ATPROTO.Bob.example.com')).toEqual([[`did=${bob.did}`]])
  expect(await overHttps()).toEqual(answer(`"did=${bob.did}"`))
  expect(await overHttps(NAME, 'A')).toEqual({ Status: 0 })
  const missing = network.resolveTxt('_atproto.nobody.example.com')
  await expect(missing).rejects.toMatchObject({ code: 'ENOTFOUND', hostname: '_atproto.nobody.example.com' })
  expect(await overHttps('_atproto.nobody.example.com')).toEqual({ Status: 3 })
  const google = await network.fetch(`https://dns.google/resolve?name=${NAME}&type=16`)
  expect(await google.json()).toEqual(answer(`"did=${bob.did}"`))
})

test('the log tells a lookup of the app from that of a resolver', async () => {
  const { network, overHttps } = await bobsNetwork()
  await network.resolveTxt(NAME)
  await overHttps()
  expect(network.log.to(NAME)).toMatchObject([
    { from: 'app', method: 'TXT', url: `dns:${NAME}`, status: 200 },
    { from: 'cloudflare-dns.com', method: 'TXT', url: `dns:${NAME}`, status: 200 },
  ])
})

test('silent: a lookup hangs until its signal ends it', async () => {
  const { network, overHttps } = await bobsNetwork()
  const fault = network.fault({ path: NAME, hang: 'request', times: 2 })
  const controller = new AbortController()
  const lookup = network.resolveTxt(NAME, { signal: controller.signal })
  await fault.hit
  await network.clock.advance(60_000)
  expect(network.log.last?.outcome).toBe('pending')
  controller.abort(new Error('too late'))
  await expect(lookup).rejects.toThrow('too late')
  const web = overHttps()
  await network.clock.settle()
  expect(network.log.to(/cloudflare/)).toMatchObject([{ outcome: 'pending' }])
  fault.release()
  expect(await web).toHaveProperty('Answer')
})

test('slow: a lookup takes its time', async () => {
  const { network, bob } = await bobsNetwork()
  network.fault({ path: NAME, delay: 'answer', ms: 5000 })
  const lookup = network.resolveTxt(NAME)
  await network.clock.advance(4999)
  expect(network.log.last?.outcome).toBe('pending')
  await network.clock.advance(1)
  expect(await lookup).toEqual([[`did=${bob.did}`]])
})

test('empty: the name is there and has no records', async () => {
  const { network, overHttps } = await bobsNetwork()
  network.fault({ path: NAME, txt: [], times: 2 })
  await expect(network.resolveTxt(NAME)).rejects.toMatchObject({ code: 'ENODATA', syscall: 'queryTxt' })
  expect(await overHttps()).toEqual({ Status: 0 })
  network.txtRecords.set(NAME, [])
  await expect(network.resolveTxt(NAME)).rejects.toMatchObject({ code: 'ENODATA' })
})

test('doubled: two records, one of them in chunks', async () => {
  const { network, overHttps } = await bobsNetwork()
  network.fault({ path: NAME, txt: [['did=did:plc:a'], ['did=', 'did:plc:"b"']], times: 2 })
  expect(await network.resolveTxt(NAME)).toEqual([['did=did:plc:a'], ['did=', 'did:plc:"b"']])
  expect(await overHttps()).toEqual(answer('"did=did:plc:a"', '"did=" "did:plc:\\"b\\""'))
})

test('contradicting: DNS says one DID, and the host of the handle another', async () => {
  const { network, bob } = await bobsNetwork()
  network.wellKnownDids.set('bob.example.com', 'did:plc:other')
  expect(await network.resolveTxt(NAME)).toEqual([[`did=${bob.did}`]])
  const wellKnown = await network.fetch('https://bob.example.com/.well-known/atproto-did')
  expect(await wellKnown.text()).toBe('did:plc:other')
  network.fault({ path: NAME, txt: [['did=did:plc:third']] })
  expect(await network.resolveTxt(NAME)).toEqual([['did=did:plc:third']])
})

test.each([
  ['ETIMEOUT', { lose: 'request' }, 2],
  ['ECONNREFUSED', { refuse: true }, 2],
  ['ESERVFAIL', { status: 500 }, 2],
  ['ENOTFOUND', { status: 404 }, 3],
  ['EBADRESP', { body: 'html' }, 2],
] as const)('%s as Node says it, and its status over HTTPS: %o', async (code, fault, status) => {
  const { network, overHttps } = await bobsNetwork()
  network.fault({ path: NAME, times: 2, ...fault })
  await expect(network.resolveTxt(NAME)).rejects.toMatchObject({ code, message: `queryTxt ${code} ${NAME}` })
  expect(await overHttps()).toEqual({ Status: status })
})

test('a fault of DNS leaves a request over HTTPS alone, whose URL has the same name in it', async () => {
  const { network, bob, overHttps } = await bobsNetwork()
  network.fault({ path: /_atproto\.bob/, txt: [['did=did:plc:other']] })
  expect(await overHttps()).toEqual(answer('"did=did:plc:other"'))
  expect(await overHttps()).toEqual(answer(`"did=${bob.did}"`))
})
