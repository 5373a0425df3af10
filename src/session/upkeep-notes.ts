import { SharedWorks } from '../http/shared-work.ts'
import type { BackOff } from './back-off.ts'
import type { Flight } from './flight.ts'
import type { KnownSession } from './known-session.ts'
import type { Attempt, BaseRecord } from './record.ts'

/** Before any tokens. */
export const NO_TOKENS = -1

/** What this process notes of one session to keep it alive. Most sessions never need it: it is made at first use. */
export class UpkeepNotes<R extends BaseRecord> {
  /** How long its authorization server is left alone, once a refresh has failed. */
  backOff: BackOff | undefined
  /** The refresh that was last begun in this process. */
  flight: Flight | undefined
  /** The last lookup of the account's issuer: when, by the monotonic clock, and its answer where there was one. */
  issuerCheck:
    | { readonly at: number; readonly of: R; readonly place: Partial<R> | 'account_moved' | undefined }
    | undefined
  /** When a request of a runtime that keeps them apart last tried to store the newest tokens, by the monotonic clock. */
  storeTriedAt: number = -Infinity
  /** The tokens that what could not be sent again was last refused with: whether they are at their end is not known. */
  doubtedGen: number = NO_TOKENS
  /** Several requests whose token was refused have one doubt about it. */
  readonly doubts: SharedWorks<void> = new SharedWorks()
  #refusedGen = NO_TOKENS
  #harmless: { readonly gen: number; readonly ids: Set<string> } | undefined
  #toldAttempt: string | undefined
  readonly #toldOrigins = new Set<string>()

  /** Notes that the server refused the access token of a token set. */
  refuse(gen: number): void {
    this.#refusedGen = Math.max(this.#refusedGen, gen)
  }

  /** Whether it has refused that of this one. */
  isRefused({ gen }: BaseRecord): boolean {
    return this.#refusedGen >= gen
  }

  /** Notes an attempt of ours that was never sent, or that the server turned away unread: nobody need wait for it. */
  neverSent(attemptId: string, { gen }: BaseRecord): void {
    // Those from older tokens are of no use any more.
    if (this.#harmless?.gen !== gen) this.#harmless = { gen, ids: new Set() }
    this.#harmless.ids.add(attemptId)
  }

  /** Whether an attempt is one of ours that cannot have acted. */
  isHarmless(attemptId: string): boolean {
    return this.#harmless?.ids.has(attemptId) ?? false
  }

  /** Whether a refresh of this process that is still under way has written an attempt. */
  owns(attemptId: string): boolean {
    const { flight } = this
    return flight !== undefined && flight.work.isUnderWay && flight.attemptId === attemptId
  }

  /** Whether an attempt may be on its way, or may have acted unheard. */
  isOpen(attempt: Attempt | null): attempt is Attempt {
    return attempt !== null && !attempt.dead && !this.isHarmless(attempt.id)
  }

  /** Notes that the app knows of an attempt. False where it did already. */
  tellAttempt(attemptId: string): boolean {
    const isNews = this.#toldAttempt !== attemptId
    this.#toldAttempt = attemptId
    return isNews
  }

  /** Notes that the app knows that an origin hands out no nonce. False where it did already. */
  tellOrigin(origin: string): boolean {
    const isNews = !this.#toldOrigins.has(origin)
    this.#toldOrigins.add(origin)
    return isNews
  }
}

/** What is noted of a session. */
export function notesOf<R extends BaseRecord>(known: KnownSession<R>): UpkeepNotes<R> {
  return (known.notes ??= new UpkeepNotes())
}
