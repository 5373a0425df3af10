import { DpopSigner, emptyMemory, type ServerMemory } from '../dpop/signer.ts'
import { restoreKey } from '../dpop/signing-key.ts'
import { publicHalfOf, type StoredDpopKey } from '../dpop/stored-key.ts'
import type { Clock } from '../http/clock.ts'
import type { Random } from '../http/random.ts'
import { SharedWorks } from '../http/shared-work.ts'
import type { SessionInfo } from '../xrpc/session.ts'
import type { BaseRecord, SessionRecord } from './record.ts'
import type { UpkeepNotes } from './upkeep-notes.ts'
import type { WayBack } from './way-back.ts'

/** How a session begins to be known. */
export interface KnownSessionOptions {
  /** Whether the record stands in the storage. */
  readonly isStored: boolean
  readonly clock: Clock
  readonly random: Random
  /** Whether what one request of a server begins must not be waited for by another. @default false */
  readonly isolatesRequests?: boolean | undefined
}

/**
 * What this process knows of one session: its newest record, and what no storage holds. Every client of the session
 * looks here, so that all of them send its newest tokens. What most sessions never need is made at first use.
 */
export class KnownSession<R extends BaseRecord = SessionRecord> {
  /** What keeping it alive takes note of. */
  notes: UpkeepNotes<R> | undefined
  /** A sign-in that leads back into this session, and that only memory has so far. */
  wayBack: WayBack<R> | undefined
  /** Told when the session's key is used: it may be let go later. */
  onKeyUse: ((session: KnownSession<R>) => void) | undefined
  #record: R
  #isStored: boolean
  #wasStored: boolean
  #isGone = false
  /** Which writing of the record this is, where it stands in the storage. */
  #version: string | undefined
  #revision = 0
  readonly #outside: KnownSessionOptions
  #memory: ServerMemory | undefined
  #signer: { readonly keyId: string; readonly signer: DpopSigner } | undefined
  #imports: SharedWorks<DpopSigner> | undefined

  constructor(record: R, options: KnownSessionOptions) {
    this.#outside = options
    this.#record = record
    this.#isStored = options.isStored
    this.#wasStored = options.isStored
  }

  get sessionId(): string {
    return this.#record.sessionId
  }

  get record(): R {
    return this.#record
  }

  /** Whether the newest tokens stand in the storage. */
  get isStored(): boolean {
    return this.#isStored
  }

  /** Whether any record of the session ever stood in the storage: if not, a missing one was not signed out. */
  get wasStored(): boolean {
    return this.#wasStored
  }

  /** Whether the session was signed out: there is nothing to send any more. */
  get isGone(): boolean {
    return this.#isGone
  }

  /** Grows with each change, to tell quickly that there was none. */
  get revision(): number {
    return this.#revision
  }

  /** Takes what stands in the storage, where it is not older than what is known. */
  adopt(record: R, version: string): void {
    const isKnown = this.#isStored && version === this.#version
    if (isKnown || record.gen < this.#record.gen) return
    this.#version = version
    this.#record = record
    this.#isStored = true
    this.#wasStored = true
    this.#revision++
  }

  /** Takes tokens that just came: used at once, stored or not. */
  receive(record: R): void {
    this.#record = record
    this.#isStored = false
    this.#revision++
  }

  /** Drops a session that was signed out. It never comes back, whatever is still being read or stored. */
  drop(): void {
    this.#isGone = true
    this.#revision++
  }

  /** Says that something has changed which is not in the record: the refresh that owns an attempt. */
  touch(): void {
    this.#revision++
  }

  /** The session's key at work. Imported when it is used; what was learned with it stays for as long as the session is known. */
  async signer(this: KnownSession<SessionRecord>): Promise<DpopSigner> {
    this.onKeyUse?.(this)
    const { dpopKey } = this.#record
    const keyId = publicHalfOf(dpopKey).x
    if (this.#signer?.keyId === keyId) return this.#signer.signer
    this.#imports ??= new SharedWorks()
    return this.#imports.join(keyId, this.#outside, () => this.#import(dpopKey, keyId))
  }

  /** What was learned of the servers that the session has met. */
  get memory(): ServerMemory {
    this.#memory ??= emptyMemory(this.#outside.clock)
    return this.#memory
  }

  async #import(dpopKey: StoredDpopKey, keyId: string): Promise<DpopSigner> {
    try {
      const signer = new DpopSigner(await restoreKey(dpopKey), this.#outside, this.memory)
      this.#signer = { keyId, signer }
      return signer
    } finally {
      this.#imports = undefined
    }
  }

  /** Takes over a signer that has already learned nonces, in the sign-in that made this session. */
  useSigner(signer: DpopSigner): void {
    this.#memory = signer.memory
    this.#signer = { keyId: signer.key.publicJwk.x, signer }
  }

  /** Lets the key go, which takes more memory than all the rest. It is imported again when it is used. */
  letKeyGo(): void {
    this.#signer = undefined
  }

  /** What an app may know. */
  info(): SessionInfo {
    const { sessionId, did, handle, issuer, pds, scope, reason, createdAt, endsAt } = this.#record
    const status = this.status
    const stored = this.#isStored
    return { sessionId, did, handle, issuer, pds, scope, status, reason, createdAt, endsAt, stored }
  }

  /** How the session stands: `uncertain` is an open attempt that no live refresh of this process owns. */
  get status(): SessionInfo['status'] {
    const { status, attempt } = this.#record
    if (status !== 'active' || !attempt || attempt.dead) return status
    const { notes } = this
    return notes?.isHarmless(attempt.id) || notes?.owns(attempt.id) ? status : 'uncertain'
  }
}
