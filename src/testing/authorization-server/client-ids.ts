import { OAuthError } from '../oauth-error.ts'
import type { Client } from './clients.ts'
import { isLocalName, readRedirectUri } from './redirect-uris.ts'
import { isWellFormedScope } from './scopes.ts'

/** A client whose id says all there is to know: the loopback client of a developer, or of an app on a device. */
export function parseLoopbackClient(id: string): Client | undefined {
  const [, query] = /^http:\/\/localhost\/?(?:\?([^#]*))?$/.exec(id) ?? []
  if (query === undefined && !/^http:\/\/localhost\/?$/.test(id)) return undefined
  const params = new URLSearchParams(query)
  const [scopes, redirectUris] = [params.getAll('scope'), params.getAll('redirect_uri')]
  const isPlain = [...params.keys()].every((name) => name === 'scope' || name === 'redirect_uri')
  if (!isPlain || scopes.length > 1 || !scopes.every(isWellFormedScope)) return undefined
  if (!redirectUris.every((uri) => readRedirectUri(uri) === 'loopback')) return undefined
  const scope = scopes[0] ?? 'atproto'
  if (!scope.split(' ').includes('atproto')) throw rejectClient('Loopback ClientID must include "atproto" scope')
  return {
    id,
    authMethod: 'none',
    redirectUris: redirectUris.length > 0 ? redirectUris : ['http://127.0.0.1/', 'http://[::1]/'],
    scope: scope.split(' '),
    grantTypes: ['authorization_code', 'refresh_token'],
    jwks: undefined,
  }
}

/** Refuses an id that cannot be the URL of a client metadata document. */
export function checkDocumentUrl(id: string): void {
  const url = URL.canParse(id) ? new URL(id) : undefined
  const isPlain =
    url?.protocol === 'https:' &&
    !url.username &&
    !url.password &&
    !id.includes('#') &&
    !url.pathname.endsWith('/') &&
    // In canonical form: no dot segments.
    id.replace(/^https:\/\/[^/?]*/, '').split('?')[0] === url.pathname &&
    !/^(\d+\.){3}\d+$|^\[|^localhost$|\.local$/.test(url.hostname)
  if (!isPlain) throw rejectClient(`Invalid client ID "${id}"`)
  if (isLocalName(url.hostname)) {
    throw rejectClient("The client_id's TLD must not be a local hostname", 'invalid_client_id')
  }
}

/** The refusal of a client for what it says of itself. */
export function rejectClient(description: string, error = 'invalid_client_metadata'): OAuthError {
  return new OAuthError(400, error, description)
}
