import { wrongArgument } from '../errors/wrong-argument.ts'
import type { ResolveTxt, TransportOptions } from '../http/create-transport.ts'
import { isEndpoint, parseOrigin } from '../http/origin.ts'
import { systemResolveTxt } from '../http/system-dns.ts'
import type { Transport } from '../http/transport.ts'
import type { Directory } from './directory.ts'
import { lookUpOverHttps } from './dns-over-https.ts'
import { MOST_REMEMBERED } from './limits.ts'
import { SharedAnswers } from './shared-answers.ts'

/** The directory of the public network. */
const PLC_DIRECTORY = 'https://plc.directory'
/** Who is asked about TXT records where the runtime has no DNS of its own. */
const DNS_OVER_HTTPS = 'https://cloudflare-dns.com/dns-query'

/**
 * Whom to ask about accounts, as an app may set it. On Node a name that leads into a private network is reached only with a
 * `fetch` of your own; private names and addresses are never asked, save those that `allowLoopback` names.
 */
export interface DirectoryOptions extends TransportOptions {
  /** Origin of the PLC directory. @default 'https://plc.directory' */
  readonly plcDirectory?: string | undefined
  /**
   * Looks up the TXT records of handles: a function, or the https URL of a server that speaks DNS over HTTPS in JSON,
   * such as `https://dns.google/resolve`. Whoever is asked learns which handles are looked up, and from which address:
   * in a browser that is who signs in, and from where.
   *
   * @default the machine's DNS on Node; elsewhere `https://cloudflare-dns.com/dns-query`
   */
  readonly resolveTxt?: ResolveTxt | string | undefined
  /**
   * Origin of a service that resolves handles by `com.atproto.identity.resolveHandle`, such as a PDS. It is asked instead
   * of DNS and the handle's own host, and learns all that they would have. It cannot lie: the account's DID document must
   * claim the handle, too.
   */
  readonly handleResolver?: string | undefined
}

/**
 * Puts together whom to ask about accounts. Does no I/O.
 *
 * @throws TypeError for what is no origin, and no way to look up TXT records
 */
export function createDirectory(
  transport: Transport,
  options: DirectoryOptions,
  cache: SharedAnswers = new SharedAnswers(MOST_REMEMBERED),
): Directory {
  const originOf = (field: 'plcDirectory' | 'handleResolver', value: string) => {
    const origin = parseOrigin(transport, value)
    if (origin === undefined)
      throw wrongArgument(field, 'an https origin, or one that `allowLoopback` names', value)
    return origin
  }
  const { plcDirectory, resolveTxt, handleResolver } = options
  return {
    transport,
    plcDirectory: originOf('plcDirectory', plcDirectory ?? PLC_DIRECTORY),
    resolveTxt: resolveTxtOf(transport, resolveTxt),
    handleResolver: handleResolver === undefined ? undefined : originOf('handleResolver', handleResolver),
    cache,
  }
}

function resolveTxtOf(transport: Transport, given: DirectoryOptions['resolveTxt']): ResolveTxt {
  if (given === undefined) return systemResolveTxt ?? lookUpOverHttps(transport, DNS_OVER_HTTPS)
  if (typeof given === 'function') return given
  if (isEndpoint(transport, given)) return lookUpOverHttps(transport, given)
  throw wrongArgument('resolveTxt', 'a function, or the https URL of a DNS-over-HTTPS server', given)
}
