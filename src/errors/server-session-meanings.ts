import type { Meaning } from './atproof-error.ts'

/** The codes of a `SessionError` that only clients with keys meet, and those that move sessions from storage to storage. */
export type ServerSessionErrorCode =
  | 'client_key_unusable'
  | 'signer_failed'
  | 'assertion_invalid'
  | 'key_cannot_leave'
  | 'session_exists'

/** What they mean. Apart from the other codes: a page has no client key, and moves no session. */
export const SERVER_SESSION_MEANINGS: Readonly<Record<ServerSessionErrorCode, Meaning>> = {
  client_key_unusable: { says: 'the client key this session is bound to cannot be used for signing here' },
  signer_failed: { says: '`signAssertion` gave no assertion for the session', retryable: true },
  assertion_invalid: {
    says: 'what `signAssertion` gave for the session is no assertion that a server could take',
  },
  key_cannot_leave: {
    says: "the session's private key cannot be exported: the storage keeps it as a CryptoKey that nobody can read",
    action:
      'sign in again where the session is to go on; over a storage that keeps JSON, such as fileStorage, sessions can be exported',
  },
  session_exists: {
    says: 'an older state of the session is stored here already',
    action: 'restore it and sign in again: `authorize` with its client leads back into it',
  },
}
