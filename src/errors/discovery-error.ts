import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
  resource_metadata_invalid: { says: "the PDS's resource metadata is not valid" },
  resource_mismatch: { says: "the PDS's metadata speaks for another server" },
  server_metadata_invalid: { says: "the authorization server's metadata is not valid" },
  issuer_invalid: { says: 'the issuer is not valid' },
  issuer_mismatch: { says: 'the metadata names another issuer' },
  metadata_unavailable: { says: 'the server does not serve its metadata' },
  not_a_server: { says: 'neither a PDS nor an authorization server answers here' },
  server_failing: { says: 'the server could not serve its metadata', retryable: true },
  dns_failing: { says: 'the DNS-over-HTTPS server gave no answer of use', retryable: true },
} as const

/** The codes of a {@link DiscoveryError}. */
export type DiscoveryErrorCode = keyof typeof MEANINGS

/** A server whose metadata is missing, wrong, or speaks for somebody else. */
export class DiscoveryError extends AtproofError<DiscoveryErrorCode> {
  override readonly name = 'DiscoveryError'

  constructor(code: DiscoveryErrorCode, facts: ErrorFacts = {}) {
    super(code, MEANINGS[code], facts)
  }
}
