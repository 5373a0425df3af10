import type { Fail } from './client-key-members.ts'
import type { ClientMetadata } from './client-metadata.ts'

/** The defaults of the parameters of an id (OAuth for AT Protocol, "Localhost Client Development"). */
const REDIRECT_URIS: readonly string[] = ['http://127.0.0.1/', 'http://[::1]/']
const SCOPE = 'atproto'

const BESIDE = 'a `clientId` beside it: the loopback client'

/** Whether this is the id of a loopback client, which describes itself: no document is served for it. */
export function isLoopbackId(clientId: string): boolean {
  return /^http:\/\/localhost\/?(?:\?[^#]*)?$/.test(clientId)
}

/** Writes the id of a loopback client. Its parameters leave nothing to the server's defaults. */
export function loopbackClientId(redirectUris: readonly string[], scope: string): string {
  const parameters = redirectUris.map((uri) => ['redirect_uri', uri])
  return `http://localhost?${new URLSearchParams([...parameters, ['scope', scope]])}`
}

/**
 * Sees that metadata says what the id of its loopback client says, since servers read nothing but the id: public,
 * native, with both grants, these redirect URIs and this scope.
 *
 * @throws what `fail` makes of the first member that says something else
 * @see https://atproto.com/specs/oauth#localhost-client-development
 */
export function assertLoopbackClient(metadata: ClientMetadata, fail: Fail): void {
  const { client_id: id, token_endpoint_auth_method: method, application_type: type } = metadata
  if (method !== 'none') throw fail('token_endpoint_auth_method', `${BESIDE} is public`, method)
  if (type !== 'native') throw fail('application_type', `${BESIDE} is native`, type)
  if (metadata.grant_types.length < 2) {
    throw fail('grant_types', `${BESIDE} has both grants`, metadata.grant_types.join(' '))
  }
  const parameters = new URLSearchParams(id.split('?')[1])
  const foreign = [...parameters.keys()].find((name) => name !== 'redirect_uri' && name !== 'scope')
  if (foreign !== undefined) throw fail('client_id', 'no parameters but redirect_uri and scope', foreign)
  const scopes = parameters.getAll('scope')
  if (scopes.length > 1) throw fail('client_id', 'one scope', `${scopes.length} of them`)
  const [scope = SCOPE] = scopes
  if (metadata.scope !== scope) throw fail('scope', `that of the client id, ${scope}`, metadata.scope)
  const named = parameters.getAll('redirect_uri')
  const own = named.length > 0 ? named : REDIRECT_URIS
  const { redirect_uris: uris } = metadata
  const other = uris.find((uri) => !own.includes(uri)) ?? own.find((uri) => !uris.includes(uri))
  if (other !== undefined) throw fail('redirect_uris', `those of the client id, ${own.join(' ')}`, other)
}
