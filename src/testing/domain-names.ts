import { type LogEntry, openEntry } from './request-log.ts'
import type { Wire } from './wire.ts'

/**
 * Looks up TXT records, as `resolveTxt` of `node:dns/promises` does, save that it takes a signal.
 *
 * @throws Error with a `code` of Node's DNS: `ENOTFOUND` for a name that is not there, `ENODATA` for one without
 *   records, `ESERVFAIL`, `ECONNREFUSED`, `ETIMEOUT` and `EBADRESP` for what went wrong; the reason of an aborted signal
 */
export type FakeResolveTxt = (
  name: string,
  options?: { readonly signal?: AbortSignal | undefined },
) => Promise<string[][]>

export interface DomainNamesOptions {
  readonly wire: Wire
  /** TXT records by name. */
  readonly records: ReadonlyMap<string, readonly (readonly string[])[]>
  readonly times: () => Pick<LogEntry, 'at' | 'elapsedMs'>
}

/** DNS, as requests of their own kind on the wire: they are logged, and faults strike them by name. */
export class DomainNames {
  readonly #options: DomainNamesOptions

  constructor(options: DomainNamesOptions) {
    this.#options = options
  }

  /** The lookup of the app. */
  async resolveTxt(name: string, signal?: AbortSignal): Promise<string[][]> {
    const rethrow = (code: string) => (cause: unknown) => {
      throw signal?.aborted ? signal.reason : lookupFailed(code, name, cause)
    }
    const response = await this.lookUp('app', name, signal).catch((error: unknown) =>
      rethrow(isRefused(error) ? 'ECONNREFUSED' : 'ETIMEOUT')(error),
    )
    if (!response.ok) throw lookupFailed(response.status === 404 ? 'ENOTFOUND' : 'ESERVFAIL', name)
    const records: string[][] = await response.json().catch(rethrow('EBADRESP'))
    if (records.length === 0) throw lookupFailed('ENODATA', name)
    return records
  }

  /** The records as JSON; 404 where the name has none. */
  async lookUp(from: string, name: string, signal?: AbortSignal): Promise<Response> {
    const { wire, records, times } = this.#options
    // The wire carries requests: this one stands for the packet.
    const packet = new Request(`https://dns.invalid/${encodeURIComponent(name)}`)
    const entry = openEntry(packet, { ...times(), from })
    Object.assign(entry, { method: 'TXT', url: `dns:${name}`, path: name })
    return wire.carry(entry, signal, packet, async () => {
      const found = records.get(name.toLowerCase())
      return found ? Response.json(found) : Response.json({ error: 'ENOTFOUND' }, { status: 404 })
    })
  }
}

function isRefused(error: unknown): boolean {
  const { cause } = error as { cause?: { code?: unknown } }
  return cause?.code === 'ECONNREFUSED'
}

function lookupFailed(code: string, hostname: string, cause?: unknown): Error {
  return Object.assign(new Error(`queryTxt ${code} ${hostname}`, { cause }), {
    code,
    hostname,
    syscall: 'queryTxt',
  })
}
