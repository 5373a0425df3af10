import { IdentityError } from '../errors/identity-error.ts'
import { readJson } from '../http/body.ts'
import { exchange, pastCaches } from '../http/exchange.ts'
import { bareUrl, type Transport } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import type { Handle } from '../syntax/handle.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { isAccountDid } from './account-did.ts'
import { MAX_DID_TEXT_BYTES } from './limits.ts'
import { checkSpelling } from './what-to-type.ts'

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
  return exchange(transport, { url, init: pastCaches(transport) }, { signal }, async (response) => {
    const body = await readJson(response, MAX_DID_TEXT_BYTES)
    const did = response.ok && isJsonObject(body) ? body['did'] : undefined
    if (isAccountDid(did)) return did
    const { status } = response
    // The lexicon's answer for a handle that it cannot resolve is 400.
    const isNowhere = status === 400 || status === 404
    const code = isNowhere ? 'handle_not_found' : 'handle_unresolved'
    const detail = `status ${status}${response.ok ? ' and no DID of use' : ''}`
    const expected = `a DID from ${service}`
    throw new IdentityError(code, {
      url: bareUrl(url),
      field: 'handle',
      expected,
      found: handle,
      detail,
      response,
      action: isNowhere ? checkSpelling(handle) : undefined,
    })
  })
}
