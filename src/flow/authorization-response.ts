import {
  AuthorizationError,
  type SignInErrorCode,
  type AuthorizationErrorFacts,
} from '../errors/authorization-error.ts'
import { conceal, SHORTEST_SECRET } from '../syntax/conceal.ts'
import { type CallbackParameters, parseCallback } from './callback-parameters.ts'

/** What the errors of RFC 6749 §4.1.2.1 and of OpenID Connect Core §3.1.2.6 mean for the app. */
const CODES: Readonly<Record<string, SignInErrorCode>> = {
  access_denied: 'access_denied',
  invalid_scope: 'scope_refused',
  unauthorized_client: 'client_refused',
  login_required: 'interaction_required',
  consent_required: 'interaction_required',
  interaction_required: 'interaction_required',
  account_selection_required: 'interaction_required',
  server_error: 'server_failing',
  temporarily_unavailable: 'server_failing',
}

/**
 * Takes the code out of an authorization response, where the right server sent one.
 *
 * @param state the app's own state, for errors
 * @throws AuthorizationError `issuer_missing`, `callback_issuer_mismatch`, `code_missing`, `access_denied`,
 *   `interaction_required`, `scope_refused`, `client_refused`, `server_failing`, `authorization_failed`
 * @see RFC 6749 §4.1.2, RFC 9207 §2.4
 */
export function readCode(
  parameters: CallbackParameters,
  expected: { readonly issuer: string; readonly state?: string | undefined },
): string {
  const { issuer, code, errorDescription } = parameters
  const { state } = expected
  // RFC 9207 §2.4: also on error responses, or an attacker's server could speak for the right one.
  if (issuer !== expected.issuer) {
    const facts = {
      field: 'iss',
      expected: expected.issuer,
      found: issuer && withoutSecrets(issuer, parameters),
      state,
    }
    throw new AuthorizationError(issuer === undefined ? 'issuer_missing' : 'callback_issuer_mismatch', facts)
  }
  if (parameters.error !== undefined) {
    const error = readError(parameters)
    const facts: AuthorizationErrorFacts = {
      field: 'error',
      found: error,
      detail: errorDescription && withoutSecrets(errorDescription, parameters),
      error,
      state,
      // The same callback cannot succeed later, whatever the server says of itself.
      retryable: false,
    }
    throw new AuthorizationError((Object.hasOwn(CODES, error) && CODES[error]) || 'authorization_failed', facts)
  }
  if (code === undefined) {
    throw new AuthorizationError('code_missing', { field: 'code', expected: 'a code', state })
  }
  return code
}

/** The longest error code that is taken for one, in characters. What is longer may be anything that a server was sent. */
const LONGEST_ERROR = 64

function readError({ error = '', ...parameters }: CallbackParameters): string {
  return error.length > LONGEST_ERROR ? 'a text that is too long' : withoutSecrets(error, parameters)
}

/** A response may repeat in its words what stands beside them. */
function withoutSecrets(text: string, { state, code = '' }: Pick<CallbackParameters, 'state' | 'code'>): string {
  return conceal(
    text,
    [state, code].filter(({ length }) => length >= SHORTEST_SECRET),
  )
}

/**
 * Reads the response to an authorization request that is kept nowhere: it must carry the request's state and come from
 * its issuer.
 *
 * @param response the URL that the page returned to, or its parameters
 * @param expected what `createAuthorizationUrl` gave, and the issuer of the server that it asked
 * @returns the code, good for one exchange
 * @throws AuthorizationError `state_missing`, `state_unknown`, `callback_malformed`, `parameter_repeated`,
 *   `issuer_missing`, `callback_issuer_mismatch`, `code_missing`, `access_denied` and what else a server can answer
 * @see RFC 6749 §4.1.2, RFC 9207 §2.4
 */
export function readAuthorizationResponse(
  response: string | URL | URLSearchParams,
  expected: { readonly state: string; readonly issuer: string },
): string {
  const parameters = parseCallback(response)
  if (parameters.state !== expected.state) {
    throw new AuthorizationError('state_unknown', { field: 'state', expected: 'the state of this request' })
  }
  return readCode(parameters, { issuer: expected.issuer })
}
