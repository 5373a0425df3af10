import { AuthorizationError, type SignInErrorCode } from '../errors/authorization-error.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { type FormAnswer, postForm, type ServerClient } from './signed-form.ts'

/**
 * Pushes an authorization request and gives the reference to it, which is good for one visit.
 *
 * @throws AuthorizationError `scope_refused`, `client_refused`, `request_refused`, `server_failing`
 * @throws NetworkError
 * @see RFC 9126 §2
 */
export async function pushAuthorizationRequest(
  client: ServerClient,
  endpoint: string,
  parameters: Readonly<Record<string, string | undefined>>,
  limits: RequestLimits,
): Promise<string> {
  const answer = await postForm(client, endpoint, parameters, { ...limits, mayLearnClock: true })
  const { status, body, error, description, response } = answer
  const requestUri = body?.['request_uri']
  if (status === 201 && typeof requestUri === 'string' && requestUri !== '') return requestUri
  const code = codeOf(answer)
  const about =
    code === 'scope_refused'
      ? { field: 'scope', expected: 'a scope that this server grants', found: parameters['scope'] }
      : {
          field: error === undefined ? 'request_uri' : 'error',
          expected: 'status 201 with a request_uri',
          found: error ?? `status ${status}`,
        }
  const retryable = status === 429 || status >= 500
  throw new AuthorizationError(code, { url: endpoint, ...about, detail: description, error, response, retryable })
}

/** What the errors of RFC 6749 §4.1.2.1 and §5.2 and of RFC 7591 §3.2.2 mean for the app. */
const CODES: Readonly<Record<string, SignInErrorCode>> = {
  invalid_scope: 'scope_refused',
  invalid_client: 'client_refused',
  invalid_client_metadata: 'client_refused',
  invalid_redirect_uri: 'client_refused',
  unauthorized_client: 'client_refused',
}

function codeOf({ status, error }: FormAnswer): SignInErrorCode {
  if (status >= 500) return 'server_failing'
  return (error !== undefined && Object.hasOwn(CODES, error) && CODES[error]) || 'request_refused'
}
