import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Fetch, Transport } from '../http/transport.ts'
import { MOST_REMEMBERED } from './limits.ts'
import { RecentMap } from './recent-map.ts'
import { SharedAnswers } from './shared-answers.ts'

/** Options of {@link discoveryCache}. */
export interface DiscoveryCacheOptions {
  /** How many handles, DID documents and servers are remembered, of each kind. @default 1000 */
  readonly maxEntries?: number | undefined
}

/** What calls can share. Made by {@link discoveryCache}; what it holds is its own affair. */
export abstract class DiscoveryCache {
  /** To the compiler too, an object that only looks like a cache is none. */
  protected abstract readonly isCache: true
}

/** What a {@link DiscoveryCache} holds. */
export class SharedCache extends DiscoveryCache {
  readonly answers: SharedAnswers
  protected override readonly isCache = true
  readonly #fetches: RecentMap<Fetch>

  constructor(most: number) {
    super()
    this.answers = new SharedAnswers(most)
    this.#fetches = new RecentMap(most)
  }

  /** The same way for requests, over the connections of an earlier one that guards the same origins. */
  overKeptConnections(transport: Transport): Transport {
    const guards = [...transport.allowLoopback].toSorted().join(' ')
    const fetch = this.#fetches.get(guards) ?? transport.fetch
    this.#fetches.set(guards, fetch)
    return { ...transport, fetch }
  }
}

/**
 * Makes a cache that calls of `resolveIdentity` and `discoverAuthorizationServer` can share, and with it their connections
 * where they give no `fetch`. It keeps what was found about an account for a day, about a server for ten minutes, and that
 * there is none for five minutes. A server that failed to answer is left alone for a moment that grows, and what it said
 * last stands for a day where a call asks for no age. It holds nothing secret, and is for calls whose other options are
 * the same. In Cloudflare's Workers it may live as long as the isolate: requests share answers there, and no waiting.
 *
 * @example
 * const cache = discoveryCache({ maxEntries: 10_000 })
 * const { did } = await resolveIdentity('alice.example.com', { cache })
 * @throws TypeError for a `maxEntries` that is no whole number from 1
 */
export function discoveryCache(options: DiscoveryCacheOptions = {}): DiscoveryCache {
  const { maxEntries = MOST_REMEMBERED } = options
  if (!Number.isInteger(maxEntries) || maxEntries < 1) {
    throw wrongArgument('maxEntries', 'a whole number from 1', maxEntries)
  }
  return new SharedCache(maxEntries)
}
