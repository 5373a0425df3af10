import { systemClock } from '../http/clock.ts'
import type { TransportOptions } from '../http/create-transport.ts'
import { assertSecure } from '../http/secure-url.ts'
import type { Fetch, Transport } from '../http/transport.ts'

/**
 * How the calls of a page leave: to servers whose addresses were looked at when they were found. Whoever finds one has a
 * whole transport for it.
 */
export function pageTransport({
  fetch = pageFetch,
  clock = systemClock,
  allowLoopback,
}: TransportOptions): Transport {
  const loopback = new Set(allowLoopback)
  return {
    fetch,
    clock,
    allowLoopback: loopback,
    // Whether it is of the public internet was looked at when the server was found.
    guard: (url) => assertSecure(loopback, url),
    // A browser does not say how far a failed request came.
    isUnsent: () => false,
  }
}

/** Browsers send no streams: one sends their name, another refuses, a third only over HTTP/2. So they are read first. */
const pageFetch: Fetch = async (url, init) => {
  const { body } = init
  return fetch(url, body instanceof ReadableStream ? { ...init, body: await new Response(body).blob() } : init)
}
