import { wrongArgument } from '../errors/wrong-argument.ts'
import { createTransport } from '../http/create-transport.ts'
import { createDirectory, type DirectoryOptions } from './create-directory.ts'
import type { Directory } from './directory.ts'
import { type DiscoveryCache, SharedCache } from './discovery-cache.ts'
import type { LookupLimits } from './lookup.ts'

/** Options of `resolveIdentity` and `discoverAuthorizationServer`. Everything outside can be given. */
export interface DiscoveryOptions extends DirectoryOptions, Pick<LookupLimits, 'fresh'> {
  /** Ends the waiting, and the requests that nobody else waits for. Its reason is thrown as it is. */
  readonly signal?: AbortSignal | undefined
  /**
   * What earlier calls found, and where this one notes what it finds. Calls that share one and give no `fetch` share their
   * connections, too.
   *
   * @default none: everything is asked, over new connections
   */
  readonly cache?: DiscoveryCache | undefined
  /**
   * How old an answer of the cache may be, in ms: younger than this. Never more than a day for an account, ten minutes for
   * a server, five minutes for there being none. 0: only a new one will do. A server that failed a moment ago is not asked
   * for it: see `fresh`.
   *
   * @default a day for `resolveIdentity`; for `discoverAuthorizationServer` ten minutes, and a day for what a server said
   *   of itself that fails now, or takes more than two seconds
   */
  readonly maxAgeMs?: number | undefined
}

/** Whom to ask in one call. @throws TypeError for options that cannot work, naming the field */
export function directoryOfCall(options: DiscoveryOptions): Directory {
  const { cache, maxAgeMs } = options
  if (cache !== undefined && !(cache instanceof SharedCache)) {
    throw wrongArgument('cache', 'what discoveryCache() made', cache)
  }
  if (maxAgeMs !== undefined && !(maxAgeMs >= 0)) {
    throw wrongArgument('maxAgeMs', 'a number of milliseconds from 0', maxAgeMs)
  }
  const transport = createTransport(options)
  const kept = options.fetch === undefined ? cache?.overKeptConnections(transport) : undefined
  return createDirectory(kept ?? transport, options, cache?.answers)
}

/** @throws TypeError for what is no text */
export function assertIdentifier(value: unknown, expected: string): asserts value is string {
  if (typeof value !== 'string') throw wrongArgument('identifier', expected, value)
}
