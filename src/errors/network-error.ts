import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
  unreachable: { says: 'no connection to the server could be made', retryable: true },
  connection_failed: { says: 'the request failed, and may have reached the server', retryable: true },
  timeout: { says: 'the server did not answer in time', retryable: true },
  answer_cut_off: { says: 'the answer broke off', retryable: true },
  redirected: { says: 'the server redirects where none is followed' },
  too_many_redirects: { says: 'the server redirects without end' },
  too_large: { says: 'the answer is too large' },
  insecure_url: { says: 'the URL is not https' },
  address_forbidden: { says: 'the address is not one of the public internet' },
} as const

/** The codes of a {@link NetworkError}. */
export type NetworkErrorCode = keyof typeof MEANINGS

/** A request that got no answer, or one that must not be read. */
export class NetworkError extends AtproofError<NetworkErrorCode> {
  override readonly name = 'NetworkError'

  constructor(code: NetworkErrorCode, facts: ErrorFacts = {}) {
    super(code, MEANINGS[code], facts)
  }
}
