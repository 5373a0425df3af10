import type { Directory } from '../discovery/directory.ts'
import { callHook, type Lifetime } from '../flow/keep-alive.ts'
import type { Setup } from '../flow/setup.ts'
import type { Random } from '../http/random.ts'
import type { Storage } from '../storage/storage.ts'
import type { AtproofEvent } from './events.ts'
import type { KnownSessions } from './known-sessions.ts'
import type { BaseRecord, SessionRecord } from './record.ts'
import type { SessionKind } from './session-kind.ts'

/** What an app is told by. */
export interface Hooks {
  readonly onEvent: ((event: AtproofEvent) => void) | undefined
}

/** All that sessions of one kind run with. */
export interface Engine<R extends BaseRecord> extends Lifetime, Hooks {
  readonly kind: SessionKind<R>
  /** What this process knows of the sessions of the storage: several clients over the same one share it. */
  readonly sessions: KnownSessions<R>
  readonly directory: Directory
  /** Checked: its failures are `StorageError`s. */
  readonly storage: Storage
  readonly random: Random
}

/** A client of OAuth as it runs here: its setup, and the hooks of its app. */
export interface Deployment extends Setup, Engine<SessionRecord> {}

/** Tells the app. A hook that throws changes nothing. */
export function report({ onEvent }: Hooks, event: AtproofEvent): void {
  if (onEvent) callHook(() => onEvent(event))
}

/** Where a session is stored. Its id contains the DID, so that the key follows without a search. */
export function keyOf<R extends BaseRecord>({ kind }: Pick<Engine<R>, 'kind'>, sessionId: string): string {
  return kind.folder + sessionId
}
