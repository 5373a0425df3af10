import type { ClientMetadata } from './client-metadata.ts'
import { isLoopbackUri, withoutPort } from './client-urls.ts'

/**
 * Whether a redirect URI is one of the client's. The port of a loopback one is free where none was declared.
 *
 * @see RFC 8252 §7.3
 */
export function ownsRedirectUri(metadata: Pick<ClientMetadata, 'redirect_uris'>, uri: string): boolean {
  return metadata.redirect_uris.some((own) => own === uri || (isLoopbackUri(own) && own === withoutPort(uri)))
}
