import { isLoopbackHost } from '../http/address.ts'
import type { Fetch, Transport } from '../http/transport.ts'

/** What a browser says of its network. */
export interface Network extends Pick<EventTarget, 'addEventListener' | 'removeEventListener'> {
  readonly navigator: { readonly onLine: boolean }
}

/**
 * A fetch that knows of one failure that nothing was sent: the browser was offline from before it began until it failed.
 * Otherwise a refresh that was tried offline would have to count as one that may have acted, and hold up the next one.
 *
 * Only `false` is to be believed of `onLine`. A server on this machine is reached offline too.
 *
 * @see https://html.spec.whatwg.org/multipage/system-state.html#browser-state
 */
export function offlineFetch(fetch: Fetch, network: Network = globalThis): Pick<Transport, 'fetch' | 'isUnsent'> {
  const unsent = new WeakSet<object>()
  return {
    async fetch(url, init) {
      let isOffline = network.navigator.onLine === false && !isLoopbackHost(new URL(url).hostname)
      if (!isOffline) return fetch(url, init)
      const noteOnline = () => (isOffline = false)
      network.addEventListener('online', noteOnline)
      try {
        return await fetch(url, init)
      } catch (error) {
        if (isOffline && network.navigator.onLine === false && error instanceof Error) unsent.add(error)
        throw error
      } finally {
        network.removeEventListener('online', noteOnline)
      }
    },
    isUnsent: (error) => error instanceof Error && unsent.has(error),
  }
}
