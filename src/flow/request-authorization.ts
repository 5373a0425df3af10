import type { AuthorizationServer } from '../discovery/server-schema.ts'
import { AuthorizationError } from '../errors/authorization-error.ts'
import { randomText } from '../http/random.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { type PageOptions, pageParameters } from './authorization-parameters.ts'
import { calculateCodeChallenge } from './pkce.ts'
import { pushAuthorizationRequest } from './push-authorization-request.ts'
import type { ServerClient } from './signed-form.ts'

/** What a client asks an authorization server for. */
export interface AuthorizationWish extends PageOptions {
  /** Where the page returns to, letter for letter one of the client's redirect URIs. */
  readonly redirectUri: string
  /** What to ask for, `atproto` among it. */
  readonly scope: string
  /** What to ask for instead, where the server refuses `scope` as a whole. */
  readonly fallbackScope?: string | undefined
  /** The handle or DID as the person typed it. */
  readonly loginHint?: string | undefined
}

/** A request that the server keeps for the person's visit. */
export interface PendingAuthorization {
  /** Where to send the person. */
  readonly url: string
  /** What the response must carry. */
  readonly state: string
  /** The PKCE verifier, for the exchange of the code. */
  readonly verifier: string
  /** What was asked for: the fallback, where the server refused the first wish. */
  readonly scope: string
}

/**
 * Pushes an authorization request, with a verifier and a state of its own, and gives the URL of its consent page.
 *
 * @throws AuthorizationError `prompt_unsupported`, `scope_refused`, `client_refused`, `request_refused`, `server_failing`
 * @throws NetworkError
 * @see RFC 9126, RFC 7636; https://atproto.com/specs/oauth#authorization-requests
 */
export async function requestAuthorization(
  client: ServerClient,
  server: AuthorizationServer,
  wish: AuthorizationWish,
  limits: RequestLimits,
): Promise<PendingAuthorization> {
  const { random, auth } = client
  const page = pageParameters(server, wish, { isConfidential: auth.method !== 'none' })
  const [state, verifier] = [randomText(random), randomText(random)]
  const parameters = {
    response_type: 'code',
    code_challenge: await calculateCodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    redirect_uri: wish.redirectUri,
    login_hint: wish.loginHint,
    ...page,
  }
  const push = async (scope: string): Promise<PendingAuthorization> => {
    const requestUri = await pushAuthorizationRequest(client, server.parEndpoint, { ...parameters, scope }, limits)
    return { url: authorizationUrl(server, auth.clientId, requestUri), state, verifier, scope }
  }
  try {
    return await push(wish.scope)
  } catch (error) {
    const isScope = error instanceof AuthorizationError && error.code === 'scope_refused'
    if (!isScope || wish.fallbackScope === undefined || wish.fallbackScope === wish.scope) throw error
    return push(wish.fallbackScope)
  }
}

/** RFC 9126 §4: nothing but the client id and the reference; a query that the endpoint has stays. */
function authorizationUrl(server: AuthorizationServer, clientId: string, requestUri: string): string {
  const { authorizationEndpoint } = server
  const separator = authorizationEndpoint.includes('?') ? '&' : '?'
  const reference = new URLSearchParams({ client_id: clientId, request_uri: requestUri })
  // Serialised: what a server wrote beyond ASCII has no place in a header or an attribute.
  return new URL(`${authorizationEndpoint}${separator}${reference}`).href
}
