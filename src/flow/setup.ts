import type { Directory } from '../discovery/directory.ts'
import type { Random } from '../http/random.ts'
import type { Storage } from '../storage/storage.ts'
import type { ClientAuthentication } from './client-authentication.ts'
import type { ClientMetadata } from './client-metadata.ts'

/** A client as it was set up: who it is, whom it asks, where it keeps things. */
export interface Setup {
  readonly metadata: ClientMetadata
  readonly authentication: ClientAuthentication
  readonly directory: Directory
  /** Checked: its failures are `StorageError`s. */
  readonly storage: Storage
  readonly random: Random
}
