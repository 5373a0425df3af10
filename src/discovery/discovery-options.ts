import { wrongArgument } from '../errors.ts'
import { createTransport } from '../http/create-transport.ts'
import { createDirectory, type DirectoryOptions } from './create-directory.ts'
import type { Directory } from './directory.ts'
import { DiscoveryCache } from './discovery-cache.ts'
import type { LookupLimits } from './lookup.ts'

/** Options of `resolveIdentity` and `discoverAuthorizationServer`. Everything outside can be given. */
export interface DiscoveryOptions extends DirectoryOptions, Pick<LookupLimits, 'fresh'> {
  /** Ends the waiting, and the requests that nobody else waits for. Its reason is thrown as it is. */
  readonly signal?: AbortSignal
  /** What earlier calls found, and where this one notes what it finds. @default none: everything is asked */
  readonly cache?: DiscoveryCache
  /**
   * How old an answer of the cache may be, in ms: younger than this. Never more than a day for an account, ten minutes for
   * a server, five minutes for there being none.
   *
   * @default a day for `resolveIdentity`, ten minutes for `discoverAuthorizationServer`
   */
  readonly maxAgeMs?: number
}

/** Whom to ask in one call. @throws TypeError for options that cannot work, naming the field */
export function directoryOfCall(options: DiscoveryOptions): Directory {
  const { cache, maxAgeMs } = options
  if (cache !== undefined && !(cache instanceof DiscoveryCache)) {
    throw wrongArgument('cache', 'what discoveryCache() made', cache)
  }
  if (maxAgeMs !== undefined && !(maxAgeMs >= 0)) {
    throw wrongArgument('maxAgeMs', 'a number of milliseconds from 0', maxAgeMs)
  }
  return createDirectory(createTransport(options), options, cache)
}

/** @throws TypeError for what is no text */
export function assertIdentifier(value: unknown, expected: string): asserts value is string {
  if (typeof value !== 'string') throw wrongArgument('identifier', expected, value)
}
