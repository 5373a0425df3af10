import type { Directory } from '../discovery/directory.ts'
import type { Random } from '../http/random.ts'
import type { Storage } from '../storage/storage.ts'
import type { ClientAuthentication } from './client/client-authentication.ts'
import type { ClientMetadata } from './client/client-metadata.ts'
import type { Lifetime } from './keep-alive.ts'
import type { SealedSignIns } from './sealed-sign-ins.ts'
import type { ServerClient } from './signed-form.ts'

/** A client as it was set up: who it is, whom it asks, where it keeps things. */
export interface Setup extends Lifetime {
  readonly metadata: Pick<ClientMetadata, 'client_id' | 'redirect_uris'>
  readonly authentication: ClientAuthentication
  readonly directory: Directory
  /** Checked: its failures are `StorageError`s. */
  readonly storage: Storage
  readonly random: Random
  /** Lets the browser carry a sign-in, instead of the storage. */
  readonly seal: SealedSignIns | undefined
  /** What to ask for where nothing else is said, and what instead where a server refuses that. */
  readonly scope: string
  readonly fallbackScope: string | undefined
}

/** Loads what only some clients need, before a time limit runs that would count it. */
export async function prepare({ authentication, seal }: Pick<Setup, 'authentication' | 'seal'>): Promise<void> {
  await Promise.all([authentication.prepare(), seal?.prepare()])
}

/** The client at one authorization server, as one session is bound to it. */
export function createServerClient(
  { directory, random, authentication }: Pick<Setup, 'directory' | 'random' | 'authentication'>,
  binding: Pick<ServerClient, 'auth' | 'signer' | 'issuer'>,
): ServerClient {
  return { transport: directory.transport, random, authentication, ...binding }
}
