import type { AuthorizationServer } from '../../discovery/server-schema.ts'
import { formatScope } from '../../syntax/scopes/format-scope.ts'
import type { PageOptions } from '../authorization-parameters.ts'
import type { ClientAuth } from '../client/client-auth.ts'
import type { ScopeOption } from '../client/client-scope.ts'
import { readPageOptions } from '../page-options.ts'
import { type PendingAuthorization, requestAuthorization } from '../request-authorization.ts'
import { openStep, type ServerNonce, type StepClient, type StepOptions } from './step.ts'

/** What to ask an authorization server for. */
export interface AuthorizationUrlRequest extends StepClient, PageOptions {
  /** Where the page returns to, letter for letter one of the client's redirect URIs. */
  readonly redirectUri: string
  /** What to ask for, `atproto` among it, all of it declared in the client's metadata. */
  readonly scope: ScopeOption
  /** What to ask for instead, where the server refuses `scope` as a whole. */
  readonly fallbackScope?: ScopeOption | undefined
  /** The handle or DID as the person typed it. Left out where the sign-in begins at a server. */
  readonly loginHint?: string | undefined
}

/** Where to send the person, and what to keep until they are back. */
export interface AuthorizationUrl extends PendingAuthorization {
  /** How the client showed who it is. The server pins the session to it: every later step needs it. */
  readonly clientAuth: ClientAuth
  readonly nonce: ServerNonce | undefined
}

/**
 * Pushes an authorization request and gives the URL of its consent page. Keeps nothing: `state`, `verifier`,
 * `clientAuth` and the key are for whoever calls to keep, bound to the browser that begins.
 *
 * @param server as `discoverAuthorizationServer` gives it
 * @example
 * const server = await discoverAuthorizationServer('alice.example.com')
 * const dpopKey = await DpopKey.generate({ extractable: false })
 * const client = { clientId: 'https://app.example.com/client-metadata.json' }
 * const begun = await createAuthorizationUrl(server, { client, dpopKey, redirectUri, scope: 'atproto' })
 * @throws AuthorizationError `scope_refused`, `client_refused`, `client_key_missing`, `client_key_unusable`, `signer_failed`, `assertion_invalid`, `prompt_unsupported`,
 *   `request_refused`, `server_failing`
 * @throws NetworkError
 * @throws TypeError for a scope that is none, and for what there is not of languages, displays and response modes
 * @see RFC 9126, RFC 7636; https://atproto.com/specs/oauth#authorization-requests
 */
export async function createAuthorizationUrl(
  server: AuthorizationServer,
  request: AuthorizationUrlRequest,
  options: StepOptions = {},
): Promise<AuthorizationUrl> {
  const { redirectUri, loginHint } = request
  const page = readPageOptions(request)
  const scope = formatScope(request.scope)
  const { fallbackScope: fallback } = request
  const fallbackScope = fallback === undefined ? undefined : formatScope(fallback, 'fallbackScope')
  const step = await openStep(server, server.parEndpoint, { ...request, auth: undefined }, options)
  const wish = { ...page, redirectUri, loginHint, scope, fallbackScope }
  const pending = await requestAuthorization(step.client, server, wish, step.limits)
  return { ...pending, clientAuth: step.client.auth, nonce: step.nonce() }
}
