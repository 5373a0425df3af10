import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
  identifier_missing: { says: 'nothing was typed', action: 'type a handle such as alice.example.com' },
  identifier_malformed: {
    says: 'this is neither a handle, a DID nor the URL of a server',
    action: 'type a handle such as alice.example.com',
  },
  identifier_is_link: {
    says: 'this is a link to a page, not a handle',
    action: 'type the handle itself, such as alice.example.com',
  },
  identifier_is_email: {
    says: 'this is an e-mail address, not a handle',
    action: 'type the handle, such as alice.example.com',
  },
  identifier_is_server: {
    says: 'this is the URL of a server, not an account',
    action: "type the account's handle, such as alice.example.com, or its DID",
  },
  server_url_insecure: { says: 'the URL of a server must be https', action: 'type https:// and the host' },
  server_url_malformed: {
    says: 'the URL of a server is nothing but https:// and its host',
    action: 'type https:// and the host, and nothing more',
  },
  handle_incomplete: {
    says: 'the handle lacks its domain',
    action: 'type the whole handle, such as alice.example.com',
  },
  handle_malformed: {
    says: 'the handle is not well-formed',
    action: 'check the spelling: a handle is a domain name such as alice.example.com',
  },
  handle_placeholder: {
    says: 'this stands in the place of a handle that is broken: no account has it',
    action: "type the account's DID, or mend its handle",
  },
  handle_reserved: {
    says: 'the handle ends in a domain that is never resolved',
    action: 'type another handle of the account, or its DID',
  },
  handle_not_found: { says: 'nobody answers for this handle', action: 'check the spelling' },
  handle_ambiguous: { says: 'the handle points to more than one DID', action: "type the account's DID" },
  handle_mismatch: {
    says: "the account's DID document does not claim this handle",
    action: 'type the handle that the account has now, or its DID',
  },
  handle_unresolved: {
    says: 'the handle could not be looked up',
    retryable: true,
    action: "try again in a minute, or type the account's DID",
  },
  did_malformed: {
    says: 'the DID is not well-formed',
    action: "check that the whole DID was copied, or type the account's handle",
  },
  did_unsupported: {
    says: 'this is not a DID that AT Protocol supports',
    action: "type the account's handle, or its did:plc or did:web",
  },
  did_not_found: {
    says: 'no document exists for this DID',
    action: 'check the spelling; where it is right, the account does not exist any more',
  },
  did_tombstoned: {
    says: 'the DID was taken out of use',
    action: 'sign in with another account: this one is gone for good',
  },
  did_unresolved: {
    says: 'the DID document could not be fetched',
    retryable: true,
    action: 'try again in a minute',
  },
  did_document_invalid: {
    says: 'the DID document is not valid',
    action: "ask whoever hosts the account to mend the account's DID document",
  },
} as const

/** The codes of an {@link IdentityError}. */
export type IdentityErrorCode = keyof typeof MEANINGS

/** A handle or DID that cannot be turned into an account. */
export class IdentityError extends AtproofError<IdentityErrorCode> {
  override readonly name = 'IdentityError'

  constructor(code: IdentityErrorCode, facts: ErrorFacts = {}) {
    super(code, MEANINGS[code], facts)
  }
}
