import type { Transport } from '../http/transport.ts'
import type { DiscoveryCache } from './discovery-cache.ts'

/**
 * The TXT records of a name, each a list of its chunks. Where there are none: an empty list, or a rejection with the
 * `code` that node:dns gives, `ENOTFOUND` or `ENODATA`.
 */
export type ResolveTxt = (
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<readonly (readonly string[])[]>

/** Whom to ask about accounts, and what they said before. */
export interface Directory {
  readonly transport: Transport
  /** Origin of the PLC directory. */
  readonly plcDirectory: string
  readonly resolveTxt: ResolveTxt
  /** Origin of a service that resolves handles, asked instead of DNS and the handle's own host. */
  readonly handleResolver: string | undefined
  readonly cache: DiscoveryCache
}
