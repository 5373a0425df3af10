import * as runtime from '#runtime'
import { NetworkError } from '../errors/network-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import { isLoopbackHost, isPublicAddress } from './address.ts'
import { assertAllowed } from './allowed-url.ts'
import { type Clock, systemClock } from './clock.ts'
import type { Fetch, Transport } from './transport.ts'

export type { ResolveTxt } from '#runtime'

/** How requests leave, as an app may set it. */
export interface TransportOptions {
  /** Sends requests. One that you give is your own guard against private addresses. @default the runtime's */
  readonly fetch?: Fetch | undefined
  /** Owns all time. @default the machine's */
  readonly clock?: Clock | undefined
  /**
   * Exactly these origins may be http and on this machine, as `http://localhost:2583`. For development only: whoever
   * controls a handle could otherwise make this process call into its own network.
   *
   * @default []
   */
  readonly allowLoopback?: readonly string[] | undefined
}

/** Puts together how requests leave. Does no I/O. */
export function createTransport(options: TransportOptions): Transport {
  const allowLoopback = new Set(options.allowLoopback ?? [])
  for (const origin of allowLoopback) assertLoopback(origin)
  const fetch = options.fetch ?? runtime.createFetch(refusePrivate, allowLoopback)
  return {
    fetch,
    clock: options.clock ?? systemClock,
    allowLoopback,
    guard: (url) => assertAllowed({ allowLoopback }, url),
    isUnsent: runtime.isUnsent,
    isolatesRequests: runtime.isolatesRequests(),
    refusesCacheMode: runtime.refusesCacheMode(),
  }
}

/** The address rules, as the runtime asks them of each address that it is about to connect to. */
function refusePrivate(address: string, host: string): Error | undefined {
  if (isPublicAddress(address)) return undefined
  return new NetworkError('address_forbidden', {
    field: 'address',
    expected: `an address of the public internet for ${host}`,
    found: address,
  })
}

function assertLoopback(origin: string): void {
  const url = parseUrl(origin)
  if (url && isLoopbackHost(url.hostname) && url.origin === origin) return
  throw wrongArgument('allowLoopback', 'origins on this machine such as http://localhost:2583', origin)
}
