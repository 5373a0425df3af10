import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import type { Clock } from '../http/clock.ts'
import type { Random } from '../http/random.ts'
import type { SessionInfo } from '../xrpc/session.ts'
import { BackOff } from './back-off.ts'
import type { Flight } from './flight.ts'
import type { AccountPlace } from './account-place.ts'
import type { SessionRecord } from './record.ts'

/**
 * What this process knows of one session: its newest record, and what no storage holds. Every client of the session
 * looks here, so that all of them send its newest tokens.
 */
export class KnownSession {
  readonly sessionId: string
  readonly backOff: BackOff
  /** The refresh that is on its way in this process. */
  flight: Flight | undefined
  /** The last lookup of the account's issuer: when, by the monotonic clock, and its answer where there was one. */
  issuerCheck: { readonly at: number; readonly place: AccountPlace | 'moved' | undefined } | undefined
  #record: SessionRecord
  #isStored: boolean
  #wasStored: boolean
  #isGone = false
  /** Which writing of the record this is, where it stands in the storage. */
  #version: string | undefined
  #refusedGen = -1
  #revision = 0
  readonly #harmless = new Set<string>()
  readonly #outside: { readonly clock: Clock; readonly random: Random }
  #signer: { readonly keyId: string; readonly signer: Promise<DpopSigner> } | undefined
  #doubt: { readonly gen: number; readonly settled: Promise<void> } | undefined

  constructor(
    record: SessionRecord,
    options: { readonly isStored: boolean; readonly clock: Clock; readonly random: Random },
  ) {
    this.sessionId = record.sessionId
    this.backOff = new BackOff(options.clock)
    this.#outside = options
    this.#record = record
    this.#isStored = options.isStored
    this.#wasStored = options.isStored
  }

  get record(): SessionRecord {
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
  adopt(record: SessionRecord, version: string): void {
    const isKnown = this.#isStored && version === this.#version
    if (isKnown || record.gen < this.#record.gen) return
    this.#version = version
    if (record.gen > this.#record.gen) this.#harmless.clear()
    this.#record = record
    this.#isStored = true
    this.#wasStored = true
    this.#revision++
  }

  /** Takes tokens that just came: used at once, stored or not. */
  receive(record: SessionRecord): void {
    this.#harmless.clear()
    this.#record = record
    this.#isStored = false
    this.#revision++
  }

  /** Drops a session that was signed out. It never comes back, whatever is still being read or stored. */
  drop(): void {
    this.#isGone = true
    this.#revision++
  }

  /** Says that something has changed which is not in the record: the refresh that owns an attempt, or a failed store. */
  touch(): void {
    this.#revision++
  }

  /** Notes that the server refused the access token of a token set. */
  refuse(gen: number): void {
    this.#refusedGen = Math.max(this.#refusedGen, gen)
  }

  /** Whether the server has refused the newest access token. */
  get isRefused(): boolean {
    return this.#refusedGen >= this.#record.gen
  }

  /** Notes an attempt of ours that was never sent, or that the server turned away unread: nobody need wait for it. */
  neverSent(attemptId: string): void {
    this.#harmless.add(attemptId)
  }

  /** Whether an attempt is one of ours that cannot have acted. */
  isHarmless(attemptId: string): boolean {
    return this.#harmless.has(attemptId)
  }

  /** Joins the doubts that several requests have about one token set into one. */
  doubt(gen: number, settle: () => Promise<void>): Promise<void> {
    if (this.#doubt?.gen !== gen) this.#doubt = { gen, settled: settle() }
    const { settled } = this.#doubt
    return settled.finally(() => {
      if (this.#doubt?.settled === settled) this.#doubt = undefined
    })
  }

  /** The session's key at work. Imported at first use, with its nonces kept for as long as the session is known. */
  signer(): Promise<DpopSigner> {
    const { dpopKey } = this.#record
    const keyId = ('key' in dpopKey ? dpopKey.jwk : dpopKey).x
    if (this.#signer?.keyId !== keyId) {
      const signer = DpopKey.fromStored(dpopKey).then((key) => new DpopSigner(key, this.#outside))
      this.#signer = { keyId, signer }
    }
    return this.#signer.signer
  }

  /** Takes over a signer that has already learned nonces, in the sign-in that made this session. */
  useSigner(signer: DpopSigner): void {
    this.#signer = { keyId: signer.key.publicJwk.x, signer: Promise.resolve(signer) }
  }

  /** What an app may know. */
  info(): SessionInfo {
    const { sessionId, did, handle, issuer, pds, scope, reason, createdAt, endsAt } = this.#record
    const status = this.#status()
    return {
      sessionId,
      did,
      handle,
      issuer,
      pds,
      scope,
      status,
      reason,
      createdAt,
      endsAt,
      stored: this.#isStored,
    }
  }

  #status(): SessionInfo['status'] {
    const { status, attempt } = this.#record
    if (status === 'needs_reauth') return status
    const isOpen = attempt !== null && !attempt.dead && !this.#harmless.has(attempt.id)
    return isOpen && this.flight?.attemptId !== attempt.id ? 'uncertain' : 'active'
  }
}
