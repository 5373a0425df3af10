import { createECDH, createPrivateKey, sign } from 'node:crypto'
import { lookup, promises as dns, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { Agent, buildConnector } from 'undici'
import type { ImportSecp256k1, Refuse, ResolveTxt } from './default.ts'

export type { ResolveTxt } from './default.ts'

/** Asks the machine's own DNS servers. Rejects where there are no such records. */
export const resolveTxt: ResolveTxt | undefined = async (name, { signal }) => {
  const resolver = new dns.Resolver({ tries: 2 })
  const stop = () => resolver.cancel()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await resolver.resolveTxt(name)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** WebCrypto lacks this curve, OpenSSL has it. It takes a foreign public half for a key's own: that is compared here. */
export const importSecp256k1: ImportSecp256k1 | undefined = ({ x, y, d }) => {
  const pair = createECDH('secp256k1')
  pair.setPrivateKey(d, 'base64url')
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  if (!pair.getPublicKey().equals(point)) throw new Error('the public half is of another key')
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'secp256k1', x, y, d }, format: 'jwk' })
  return (data) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' })
}

/**
 * A fetch that connects only to the addresses that `refuse` lets pass. Every address a name resolves to is asked about
 * at connect time, so that a name cannot point elsewhere between the check and the connection; so is a literal, which is
 * never looked up.
 *
 * @param refuse the error for an address that must not be connected to, of a host
 * @param unguarded origins that are connected to wherever they lead
 */
export function createFetch(
  refuse: Refuse,
  unguarded: ReadonlySet<string>,
): (url: string, init: RequestInit) => Promise<Response> {
  let agent: Agent | undefined
  return (url, init) => {
    if (unguarded.has(new URL(url).origin)) return fetch(url, init)
    agent ??= new Agent({ connect: guardedConnector(refuse) })
    const guarded: RequestInit & { dispatcher: Agent } = { ...init, dispatcher: agent }
    return fetch(url, guarded)
  }
}

function guardedConnector(refuse: Refuse): buildConnector.connector {
  const connect = buildConnector({ lookup: guardedLookup(refuse) })
  return (options, callback) => {
    const { hostname } = options
    const refusal = isIP(hostname) ? refuse(hostname, hostname) : undefined
    if (refusal) return callback(refusal, null)
    connect(options, callback)
  }
}

function guardedLookup(refuse: Refuse): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      const [first] = addresses ?? []
      const refusal = addresses
        ?.map(({ address }) => refuse(address, hostname))
        .find((found) => found !== undefined)
      if (error || refusal || !first) return callback(error ?? refusal ?? new Error('no address'), '', 0)
      if (options.all) return callback(null, addresses)
      callback(null, first.address, first.family)
    })
  }
}

/** Whether a failed fetch ended before a connection stood, so that the server cannot have seen the request. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && endedBeforeConnection(error.cause)
}

/** One process, in which every request may wait for what another began. */
export function isolatesRequests(): boolean {
  return false
}

/** Node takes a `cache` mode. It keeps no answers itself, and tells those on the way. */
export function refusesCacheMode(): boolean {
  return false
}

/** The calls of the system that come before a connection: a code alone can be that of one that stood. */
const BEFORE_CONNECTION: ReadonlySet<unknown> = new Set(['connect', 'getaddrinfo'])

function endedBeforeConnection(cause: unknown): boolean {
  // Several addresses were tried, each in vain.
  if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(endedBeforeConnection)
  if (!(cause instanceof Error)) return false
  if ('code' in cause && cause.code === 'UND_ERR_CONNECT_TIMEOUT') return true
  return 'syscall' in cause && BEFORE_CONNECTION.has(cause.syscall)
}
