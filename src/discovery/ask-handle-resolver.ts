import { bareUrl, type Transport } from '../http/transport.ts'
import { isAtprotoDid } from '../syntax/account-did.ts'
import type { Did } from '../syntax/did.ts'
import type { Handle } from '../syntax/handle.ts'
import { fetchDocument } from './fetch-document.ts'
import { noDid } from './finding.ts'
import { MAX_DID_TEXT_BYTES } from './limits.ts'

/**
 * Asks a service which DID a handle points to. It does not prove that the account claims the handle.
 *
 * @throws IdentityError `handle_not_found`, `handle_unresolved`
 * @throws NetworkError
 * @see the lexicon com.atproto.identity.resolveHandle
 */
export async function askHandleResolver(
  { transport }: { readonly transport: Transport },
  service: string,
  handle: Handle,
  signal: AbortSignal,
): Promise<Did> {
  const url = `${service}/xrpc/com.atproto.identity.resolveHandle?${new URLSearchParams({ handle })}`
  const limits = { signal, accept: '*/*', maxBytes: MAX_DID_TEXT_BYTES }
  const { response, body } = await fetchDocument(transport, url, limits)
  const { ok, status } = response
  const did = ok ? body?.['did'] : undefined
  if (isAtprotoDid(did)) return did
  // The lexicon's answer for a handle that it cannot resolve is 400.
  throw noDid(status === 400 || status === 404 ? 'handle_not_found' : 'handle_unresolved', handle, {
    url: bareUrl(url),
    expected: `a DID from ${service}`,
    detail: `status ${status}${ok ? ' and no DID of use' : ''}`,
    response,
  })
}
