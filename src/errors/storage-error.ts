import { AtproofError, type ErrorFacts } from './atproof-error.ts'

const MEANINGS = {
  read_failed: { says: 'the storage could not be read', retryable: true },
  write_failed: { says: 'the storage could not be written', retryable: true },
  corrupt: { says: 'the storage holds something that is not a record of ours' },
} as const

/** The codes of a {@link StorageError}. */
export type StorageErrorCode = keyof typeof MEANINGS

/** What a {@link StorageError} knows beyond the facts of every error. */
export interface StorageErrorFacts extends ErrorFacts {
  readonly version?: string | undefined
}

/** A storage that failed. No session is lost by it: what could not be written lives on in memory. */
export class StorageError extends AtproofError<StorageErrorCode> {
  override readonly name = 'StorageError'
  /** With `corrupt`: which writing it is that cannot be read. Whoever gives it as `ifVersion` writes over it. */
  readonly version: string | undefined

  constructor(code: StorageErrorCode, facts: StorageErrorFacts = {}) {
    super(code, MEANINGS[code], facts)
    this.version = facts.version
  }
}
