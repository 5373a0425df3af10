import { AtproofError, type ErrorFacts, type Meaning } from './atproof-error.ts'

/** The codes of an {@link IdentityError}. */
export type IdentityErrorCode =
  | 'identifier_missing'
  | 'identifier_malformed'
  | 'identifier_is_link'
  | 'identifier_is_email'
  | 'identifier_is_server'
  | 'server_url_insecure'
  | 'server_url_malformed'
  | 'handle_incomplete'
  | 'handle_malformed'
  | 'handle_placeholder'
  | 'handle_reserved'
  | 'handle_not_found'
  | 'handle_ambiguous'
  | 'handle_mismatch'
  | 'handle_unresolved'
  | 'did_malformed'
  | 'did_unsupported'
  | 'did_not_found'
  | 'did_tombstoned'
  | 'did_unresolved'
  | 'did_document_invalid'

/** What the codes mean that do not only tell a typing mistake; `explain-identifier.ts` has the words for the others. */
const MEANINGS: { readonly [Code in IdentityErrorCode]?: Meaning } = {
  identifier_is_email: { says: 'this is an e-mail address, not a handle' },
  identifier_is_server: { says: 'this is the URL of a server, not an account' },
  handle_malformed: { says: 'the handle is not well-formed' },
  handle_not_found: { says: 'nobody answers for this handle' },
  handle_ambiguous: { says: 'the handle points to more than one DID' },
  handle_mismatch: { says: "the account's DID document does not claim this handle" },
  handle_unresolved: {
    says: 'the handle could not be looked up',
    retryable: true,
    action: "try again in a minute, or type the account's DID",
  },
  did_unsupported: { says: 'this is not a DID that AT Protocol supports' },
  did_not_found: {
    says: 'no document exists for this DID',
    action: 'check the spelling; where it is right, the account is gone',
  },
  did_tombstoned: {
    says: 'the DID was taken out of use',
    action: 'sign in with another account',
  },
  did_unresolved: {
    says: 'the DID document could not be fetched',
    retryable: true,
    action: 'try again in a minute',
  },
  did_document_invalid: {
    says: 'the DID document is not valid',
    action: 'ask whoever hosts the account to mend it',
  },
}

const MISTAKE: Meaning = {
  says: 'what was typed names no account and no server',
  action: 'type a handle such as alice.example.com',
}

/** A handle or DID that cannot be turned into an account. */
export class IdentityError extends AtproofError<IdentityErrorCode> {
  override readonly name = 'IdentityError'

  /** @param facts with `says` for a code whose meaning is not here */
  constructor(code: IdentityErrorCode, facts: ErrorFacts & { readonly says?: string | undefined } = {}) {
    const meaning = { ...MISTAKE, ...MEANINGS[code] }
    super(code, { ...meaning, says: facts.says ?? meaning.says }, facts)
  }
}
