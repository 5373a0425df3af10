import type dns from 'node:dns'
import { afterEach, expect, test, vi } from 'vitest'
import { isPublicAddress } from '../../../src/http/address.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import { exchange } from '../../../src/http/exchange.ts'
import { createFetch, isUnsent, resolveTxt } from '../../../src/runtime/node.ts'
import { resolveIdentity } from 'atproof/discovery'
import { fakeNetwork, type FakeResolveTxt, testClock } from 'atproof/testing'
import { type Listening, listeningDeaf, listeningHttp } from './listening.ts'

type Lookup = (
  hostname: string,
  options: object,
  callback: (error: Error | null, addresses: readonly { address: string; family: number }[]) => void,
) => void

const names = vi.hoisted(() => ({
  /** What the names of a test resolve to. Every other name is looked up for real. */
  addresses: new Map<string, readonly string[]>(),
  /** The DNS that Node's resolver asks. */
  resolveTxt: undefined as FakeResolveTxt | undefined,
}))

vi.mock('node:dns', async (importOriginal) => {
  const real = await importOriginal<typeof dns>()
  const lookup: Lookup = (hostname, options, callback) => {
    const known = names.addresses.get(hostname)
    if (!known) return (real.lookup as Lookup)(hostname, options, callback)
    const addresses = known.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    queueMicrotask(() => callback(null, addresses))
  }
  class Resolver {
    readonly #cancelled = new AbortController()
    resolveTxt = (name: string) => names.resolveTxt?.(name, { signal: this.#cancelled.signal })
    cancel = () => this.#cancelled.abort(new Error('cancelled'))
  }
  return { ...real, lookup, promises: { ...real.promises, Resolver } }
})

const listening: Listening[] = []

afterEach(async () => {
  names.addresses.clear()
  names.resolveTxt = undefined
  await Promise.all(listening.splice(0).map((server) => server.close()))
})

async function deafServer(): Promise<Listening> {
  const server = await listeningDeaf()
  listening.push(server)
  return server
}

/**
 * What an app without a fetch of its own does: the guard of the runtime, behind the whole path of a request. Over real
 * sockets, since what is tested is where the runtime connects to.
 */
function get(url: string, options: { readonly allowLoopback?: readonly string[] } = {}): Promise<string> {
  const transport = createTransport({ ...options, clock: testClock() })
  return exchange(transport, { url, init: {} }, {}, (response) => response.text())
}

const refuse = (address: string) => (isPublicAddress(address) ? undefined : new Error(`refused ${address}`))

test('[M1] refuses, before it connects, the real name localhost', async () => {
  const { port, connections } = await deafServer()
  const guarded = createFetch(refuse, new Set())
  await expect(guarded(`https://localhost:${port}/`, {})).rejects.toMatchObject({
    cause: { message: expect.stringMatching(/^refused (?:127\.0\.0\.1|::1)$/) },
  })
  expect(connections()).toBe(0)
})

test('[M1] connects to the real name localhost where that origin is not guarded', async () => {
  const { port, connections } = await deafServer()
  const guarded = createFetch(refuse, new Set([`https://localhost:${port}`]))
  await expect(guarded(`https://localhost:${port}/`, {})).rejects.toBeInstanceOf(TypeError)
  expect(connections()).toBeGreaterThan(0)
})

test.each([
  { addresses: ['127.0.0.1'], refused: '127.0.0.1' },
  { addresses: ['127.8.9.1'], refused: '127.8.9.1' },
  { addresses: ['0.0.0.0'], refused: '0.0.0.0' },
  { addresses: ['10.0.0.1'], refused: '10.0.0.1' },
  { addresses: ['172.16.0.1'], refused: '172.16.0.1' },
  { addresses: ['192.168.1.1'], refused: '192.168.1.1' },
  { addresses: ['100.64.0.1'], refused: '100.64.0.1' },
  { addresses: ['169.254.169.254'], refused: '169.254.169.254' },
  { addresses: ['224.0.0.1'], refused: '224.0.0.1' },
  { addresses: ['255.255.255.255'], refused: '255.255.255.255' },
  { addresses: ['::'], refused: '::' },
  { addresses: ['::1'], refused: '::1' },
  { addresses: ['fc00::1'], refused: 'fc00::1' },
  { addresses: ['fe80::1%eth0'], refused: 'fe80::1%eth0' },
  { addresses: ['ff02::1'], refused: 'ff02::1' },
  { addresses: ['::ffff:127.0.0.1'], refused: '::ffff:127.0.0.1' },
  { addresses: ['::ffff:7f00:1'], refused: '::ffff:7f00:1' },
  { addresses: ['64:ff9b::a00:1'], refused: '64:ff9b::a00:1' },
  { addresses: ['2002:7f00:1::'], refused: '2002:7f00:1::' },
  { addresses: ['10.0.0.1', '8.8.8.8'], refused: '10.0.0.1' },
  { addresses: ['8.8.8.8', '10.0.0.1'], refused: '10.0.0.1' },
  { addresses: ['2606:4700:4700::1111', 'fd00::1'], refused: 'fd00::1' },
])(
  '[M1] refuses, before it connects, a public name that resolves to $addresses',
  async ({ addresses, refused }) => {
    const { port, connections } = await deafServer()
    names.addresses.set('rebound.example.com', addresses)
    await expect(get(`https://rebound.example.com:${port}/`)).rejects.toMatchObject({
      name: 'NetworkError',
      code: 'address_forbidden',
      field: 'address',
      expected: 'an address of the public internet for rebound.example.com',
      found: refused,
      retryable: false,
    })
    expect(connections()).toBe(0)
  },
)

test.each(['127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.0.0.1.', '①②⑦.⓪.⓪.①'])(
  '[M1] refuses, by itself and before it connects, the literal %s, which is never looked up',
  async (host) => {
    const { port, connections } = await deafServer()
    for (const scheme of ['https', 'http']) {
      await expect(createFetch(refuse, new Set())(`${scheme}://${host}:${port}/`, {})).rejects.toMatchObject({
        cause: { message: 'refused 127.0.0.1' },
      })
    }
    expect(connections()).toBe(0)
    const permissive = createFetch(() => undefined, new Set())
    await expect(permissive(`https://${host}:${port}/`, {})).rejects.toBeInstanceOf(TypeError)
    expect(connections()).toBe(1)
  },
)

test.each([
  ['[::1]', '::1'],
  ['[::ffff:127.0.0.1]', '::ffff:7f00:1'],
  ['[0:0:0:0:0:0:0:1]', '::1'],
  ['[fe80::1]', 'fe80::1'],
])('[M1] refuses by itself the literal %s', async (host, refused) => {
  const asked: string[] = []
  const guarded = createFetch((address, of) => {
    asked.push(address, of)
    return refuse(address)
  }, new Set())
  await expect(guarded(`https://${host}/`, {})).rejects.toMatchObject({ cause: { message: `refused ${refused}` } })
  expect(asked).toEqual([refused, refused])
})

test('[M1] asks of a name with the name, and of each of its addresses', async () => {
  names.addresses.set('two.example.com', ['8.8.8.8', '10.0.0.1'])
  const asked: string[] = []
  const guarded = createFetch((address, host) => {
    asked.push(`${host} ${address}`)
    return refuse(address)
  }, new Set())
  await expect(guarded('https://two.example.com/', {})).rejects.toMatchObject({
    cause: { message: 'refused 10.0.0.1' },
  })
  expect(asked).toEqual(['two.example.com 8.8.8.8', 'two.example.com 10.0.0.1'])
})

test('[M1] [A7] guards each redirect of a handle’s host: a public name of the next hop may be private', async () => {
  const { port, connections } = await deafServer()
  const network = fakeNetwork()
  network.createAccount('alice.example.com')
  const inner = `https://inner.example.com:${port}`
  network.fault({ path: '/.well-known/atproto-did', redirect: `${inner}/did` })
  names.addresses.set('inner.example.com', ['127.0.0.1'])
  const { fetch: guarded } = createTransport({ clock: network.clock })
  // The first hop is on the fake network, the next on this machine's own.
  const fetch = (url: string, init: RequestInit) => (url.startsWith(inner) ? guarded : network.fetch)(url, init)
  const options = { fetch, clock: network.clock, resolveTxt: network.clientOptions.resolveTxt }
  await expect(resolveIdentity('alice.example.com', options)).rejects.toMatchObject({
    code: 'handle_unresolved',
    cause: { code: 'address_forbidden', found: '127.0.0.1' },
    message: expect.stringContaining('host: address_forbidden 127.0.0.1'),
  })
  expect(connections()).toBe(0)
})

test('[M1] connects where the rule lets every address of a name pass', async () => {
  const { port, connections } = await deafServer()
  names.addresses.set('pds.example.com', ['127.0.0.1'])
  const asked: string[] = []
  const permissive = createFetch((address) => void asked.push(address), new Set())
  await expect(permissive(`https://pds.example.com:${port}/`, {})).rejects.toBeInstanceOf(TypeError)
  expect(asked).toEqual(['127.0.0.1'])
  expect(connections()).toBe(1)
})

test('[M1] asks about every connection anew, so that a name cannot turn inwards later', async () => {
  const { port, connections } = await deafServer()
  const guarded = createFetch((address) => (address === '::1' ? new Error('refused') : undefined), new Set())
  names.addresses.set('rebound.example.com', ['127.0.0.1'])
  await expect(guarded(`https://rebound.example.com:${port}/`, {})).rejects.toBeInstanceOf(TypeError)
  expect(connections()).toBe(1)
  names.addresses.set('rebound.example.com', ['::1'])
  await expect(guarded(`https://rebound.example.com:${port}/`, {})).rejects.toMatchObject({
    cause: { message: 'refused' },
  })
  expect(connections()).toBe(1)
})

test('a name that resolves to nothing is unreachable, not a crash', async () => {
  names.addresses.set('nowhere.example.com', [])
  await expect(get('https://nowhere.example.com/')).rejects.toMatchObject({ name: 'NetworkError' })
})

test('[M9] allowLoopback lets a request pass to a server on this machine', async () => {
  const server = await listeningHttp((request, response) => response.end(`hello ${request.url}`))
  listening.push(server)
  const origin = `http://127.0.0.1:${server.port}`
  expect(await get(`${origin}/xrpc/a.b.c`, { allowLoopback: [origin] })).toBe('hello /xrpc/a.b.c')
})

test('[M9] without allowLoopback the same request is refused, and nobody connects', async () => {
  const server = await listeningHttp((_, response) => response.end('hello'))
  listening.push(server)
  await expect(get(`http://127.0.0.1:${server.port}/`)).rejects.toMatchObject({ code: 'insecure_url' })
  await expect(
    get(`http://127.0.0.1:${server.port}/`, { allowLoopback: ['http://127.0.0.1:1'] }),
  ).rejects.toMatchObject({ code: 'insecure_url' })
  expect(server.connections()).toBe(0)
})

test('[J13] follows no redirect of a real server', async () => {
  const paths: (string | undefined)[] = []
  const server = await listeningHttp((request, response) => {
    paths.push(request.url)
    response.writeHead(302, { location: '/elsewhere' }).end()
  })
  listening.push(server)
  const origin = `http://127.0.0.1:${server.port}`
  await expect(get(`${origin}/`, { allowLoopback: [origin] })).rejects.toMatchObject({
    code: 'redirected',
    found: 302,
  })
  expect(paths).toEqual(['/'])
})

test('a server that is not there is unreachable: nothing was sent', async () => {
  const { port, close } = await listeningDeaf()
  await close()
  const origin = `http://127.0.0.1:${port}`
  await expect(get(`${origin}/`, { allowLoopback: [origin] })).rejects.toMatchObject({ code: 'unreachable' })
})

test('a server that hangs up may have seen the request', async () => {
  const { port } = await deafServer()
  const origin = `http://127.0.0.1:${port}`
  await expect(get(`${origin}/`, { allowLoopback: [origin] })).rejects.toMatchObject({ code: 'connection_failed' })
})

const failed = (cause: unknown) => new TypeError('fetch failed', { cause })
const systemError = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall })

test.each([
  ['ECONNREFUSED', 'connect'],
  ['ENOTFOUND', 'getaddrinfo'],
  ['EAI_AGAIN', 'getaddrinfo'],
  ['EHOSTUNREACH', 'connect'],
  ['ENETUNREACH', 'connect'],
])('nothing was sent after %s of %s', (code, syscall) => {
  expect(isUnsent(failed(systemError(code, syscall)))).toBe(true)
})

test('nothing was sent where undici gave up on connecting', () => {
  expect(isUnsent(failed(Object.assign(new Error(), { code: 'UND_ERR_CONNECT_TIMEOUT' })))).toBe(true)
})

test('something may have been sent over a connection that stood, whatever its code', () => {
  expect(isUnsent(failed(systemError('EHOSTUNREACH', 'read')))).toBe(false)
  expect(isUnsent(failed(systemError('ENETUNREACH', 'write')))).toBe(false)
})

test('nothing was sent where each of several addresses was tried in vain', () => {
  const [a, b] = [systemError('ECONNREFUSED', 'connect'), systemError('EHOSTUNREACH', 'connect')]
  expect(isUnsent(failed(new AggregateError([a, b])))).toBe(true)
  expect(isUnsent(failed(new AggregateError([a, systemError('ECONNRESET', 'read')])))).toBe(false)
  expect(isUnsent(failed(new AggregateError([])))).toBe(false)
})

test.each([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
])('something may have been sent after %s', (code) => {
  expect(isUnsent(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) }))).toBe(false)
})

test('of what is no failed fetch nothing is known', () => {
  for (const error of [undefined, null, 'ECONNREFUSED', { cause: { code: 'ECONNREFUSED' } }, new Error('x')]) {
    expect(isUnsent(error)).toBe(false)
  }
})

const { signal } = new AbortController()
const NAME = '_atproto.alice.example.com'

/** Node asks the DNS of this network. */
function networkOfNode() {
  const network = fakeNetwork()
  names.resolveTxt = network.resolveTxt
  return network
}

test('[A6] gives the TXT records in their chunks', async () => {
  const network = networkOfNode()
  network.txtRecords.set(NAME, [['did=', 'did:plc:abc'], ['other']])
  expect(await resolveTxt?.(NAME, { signal })).toEqual([['did=', 'did:plc:abc'], ['other']])
  expect(network.log.entries).toMatchObject([{ method: 'TXT', path: NAME }])
})

test.each(['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ETIMEOUT', 'ECONNREFUSED'])(
  '[A6] hands on why there are no records: %s',
  async (code) => {
    const error = Object.assign(new Error(code), { code })
    // By hand: the fake's DNS has three of these codes.
    names.resolveTxt = () => Promise.reject(error)
    await expect(resolveTxt?.(NAME, { signal })).rejects.toBe(error)
  },
)

test('an abort cancels the question', async () => {
  const network = networkOfNode()
  network.fault({ path: NAME, hang: 'request' })
  const controller = new AbortController()
  const asking = expect(resolveTxt?.(NAME, { signal: controller.signal })).rejects.toThrow('cancelled')
  await network.clock.settle()
  expect(network.log.last?.outcome).toBe('pending')
  controller.abort()
  await asking
  expect(network.log.last?.outcome).toBe('aborted')
})
