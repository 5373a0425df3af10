import { callHook, type Lifetime } from '../flow/keep-alive.ts'
import type { Setup } from '../flow/setup.ts'
import type { Random } from '../http/random.ts'
import type { Transport } from '../http/transport.ts'
import type { Storage } from '../storage/storage.ts'
import type { AtproofEvent, Happening } from './events.ts'
import type { KnownSessions } from './known-sessions.ts'
import type { BaseRecord, SessionRecord } from './record.ts'
import type { CallKind, SessionKind } from './session-kind.ts'
import type { Upkeep } from './upkeep.ts'

/** What an app is told by. */
export interface Hooks {
  readonly onEvent: ((event: AtproofEvent) => void) | undefined
}

/** What sessions of one kind are restored and called with. */
export interface CallEngine<R extends BaseRecord> extends Lifetime, Hooks {
  // What kind it is follows from its sessions.
  readonly kind: CallKind<NoInfer<R>>
  /** What this process knows of the sessions of the storage: several clients over the same one share it. */
  readonly sessions: KnownSessions<R>
  readonly transport: Transport
  /** Checked: its failures are `StorageError`s. */
  readonly storage: Storage
  readonly random: Random
  readonly upkeep: Upkeep<NoInfer<R>>
}

/** All that sessions of one kind run with. */
export interface Engine<R extends BaseRecord> extends CallEngine<R> {
  readonly kind: SessionKind<R>
}

/** A client of OAuth as it runs here: its setup, and the hooks of its app. */
export interface Deployment extends Setup, Engine<SessionRecord> {}

/** Tells the app what happened to a session. A hook that throws changes nothing. */
export function report(
  { onEvent }: Hooks,
  { sessionId, did }: Pick<BaseRecord, 'sessionId' | 'did'>,
  happening: Happening,
): void {
  if (onEvent) callHook(() => onEvent({ ...happening, sessionId, did }))
}

/** Where a session is stored. Its id contains the DID, so that the key follows without a search. */
export function keyOf({ kind }: { readonly kind: { readonly folder: string } }, sessionId: string): string {
  return kind.folder + sessionId
}
