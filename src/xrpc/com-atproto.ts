import type { Did } from '../syntax/did.ts'

/** A record as a server hands it out: its `$type` says what it is. */
export type UnknownRecord = { readonly $type: string; readonly [field: string]: unknown }

/** A method that takes no parameters. */
type NoParams = Record<string, never>

/** Which commit a write belongs to. */
interface CommitMeta {
  readonly cid: string
  readonly rev: string
}

/** How a server judged a record it wrote, where it has the lexicon. */
type ValidationStatus = 'valid' | 'unknown' | (string & {})

/** The queries of `com.atproto` that are built in. */
export interface ComAtprotoQueries {
  'com.atproto.identity.resolveHandle': {
    params: { handle: string }
    output: { did: Did }
    errors: 'HandleNotFound'
  }
  'com.atproto.repo.describeRepo': {
    params: { repo: string }
    output: { handle: string; did: Did; didDoc: unknown; collections: string[]; handleIsCorrect: boolean }
    errors: never
  }
  'com.atproto.repo.getRecord': {
    params: { repo: string; collection: string; rkey: string; cid?: string }
    output: { uri: string; cid?: string; value: UnknownRecord }
    errors: 'RecordNotFound'
  }
  'com.atproto.repo.listRecords': {
    params: { repo: string; collection: string; limit?: number; cursor?: string; reverse?: boolean }
    output: { cursor?: string; records: { uri: string; cid: string; value: UnknownRecord }[] }
    errors: never
  }
  'com.atproto.server.describeServer': {
    params: NoParams
    output: {
      did: Did
      availableUserDomains: string[]
      inviteCodeRequired?: boolean
      phoneVerificationRequired?: boolean
      links?: { privacyPolicy?: string; termsOfService?: string }
      contact?: { email?: string }
    }
    errors: never
  }
  'com.atproto.server.getSession': {
    params: NoParams
    output: {
      handle: string
      did: Did
      didDoc?: unknown
      email?: string
      emailConfirmed?: boolean
      emailAuthFactor?: boolean
      active?: boolean
      status?: 'takendown' | 'suspended' | 'deactivated' | (string & {})
    }
    errors: never
  }
}

/** The procedures of `com.atproto` that are built in. */
export interface ComAtprotoProcedures {
  'com.atproto.repo.createRecord': {
    params: NoParams
    input: {
      repo: string
      collection: string
      rkey?: string
      validate?: boolean
      record: { readonly [field: string]: unknown }
      swapCommit?: string
    }
    output: { uri: string; cid: string; commit?: CommitMeta; validationStatus?: ValidationStatus }
    errors: 'InvalidSwap'
  }
  'com.atproto.repo.putRecord': {
    params: NoParams
    input: {
      repo: string
      collection: string
      rkey: string
      validate?: boolean
      record: { readonly [field: string]: unknown }
      swapRecord?: string | null
      swapCommit?: string
    }
    output: { uri: string; cid: string; commit?: CommitMeta; validationStatus?: ValidationStatus }
    errors: 'InvalidSwap'
  }
  'com.atproto.repo.deleteRecord': {
    params: NoParams
    input: { repo: string; collection: string; rkey: string; swapRecord?: string; swapCommit?: string }
    output: { commit?: CommitMeta }
    errors: 'InvalidSwap'
  }
}
