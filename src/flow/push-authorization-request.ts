import { AuthorizationError } from '../errors.ts'
import type { RequestLimits } from '../http/transport.ts'
import { postForm, type ServerClient } from './signed-form.ts'

/**
 * Pushes an authorization request and gives the reference to it, which is good for one visit.
 *
 * @throws AuthorizationError `request_refused`, `server_failing`
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
  throw new AuthorizationError(status >= 500 ? 'server_failing' : 'request_refused', {
    url: endpoint,
    field: error === undefined ? 'request_uri' : 'error',
    expected: 'status 201 with a request_uri',
    found: error ?? `status ${status}`,
    detail: description,
    error,
    response,
    retryable: status === 429 || status >= 500,
  })
}
