import { keepAlive, type Lifetime } from '../flow/keep-alive.ts'
import { SharedWorks } from '../http/shared-work.ts'
import type { Arrival } from './arrival.ts'
import type { DebtOf } from './debt-of.ts'
import type { Engine } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'

/** A sign-in on its way back into its session: what it brings, and what is known of all that it takes the place of. */
export class WayBack<R extends BaseRecord> {
  readonly deployment: Engine<R>
  /** The record that it brings. Its place among the token sets shows when it is written. */
  readonly fresh: R
  readonly arrival: Arrival<R>
  /** Whoever needs its record written shares one try, under one key. */
  readonly tries: SharedWorks<void> = new SharedWorks()
  /** The place of a writing that may stand in the storage. */
  triedGen: number | undefined
  /** The newest tokens that are known of each sign-in before: to be given back. */
  readonly #old: R[] = []
  #isOutdone = false
  #isGivenBack = false

  constructor(deployment: Engine<R>, fresh: R, arrival: Arrival<R>) {
    this.deployment = deployment
    this.fresh = fresh
    this.arrival = arrival
  }

  /** What this process knows of the session, unless it was signed out. */
  get known(): KnownSession<R> | undefined {
    const known = this.deployment.sessions.get(this.fresh.sessionId)
    return known?.isGone ? undefined : known
  }

  /** Whether the person has signed in once more in this process, which sees to these tokens too. */
  get isOutdone(): boolean {
    return this.#isOutdone
  }

  /** Whether tokens, or what was left of them, come from another sign-in. */
  isAnother(other: R | DebtOf<R>): boolean {
    return !isSameSignIn(this.deployment, other, this.fresh)
  }

  /** Notes tokens that are nobody's once the new ones are stored. */
  note(found: R | undefined): void {
    if (!found || !this.isAnother(found)) return
    const at = this.#old.findIndex((each) => isSameSignIn(this.deployment, each, found))
    if (at === -1) this.#old.push(found)
    else if ((this.#old[at]?.gen ?? 0) < found.gen) this.#old[at] = found
  }

  /**
   * Its record, two token sets later than any that is known.
   *
   * @param stored what stands in the storage, as far as it could be read
   */
  place(stored?: R): R {
    this.#comeAfterAny()
    this.note(this.known?.record)
    this.note(stored)
    return { ...this.fresh, gen: Math.max(2, ...this.#old.map(({ gen }) => gen + 2)) }
  }

  /** A sign-in of this process that only memory has tries no more: this one sees to its tokens. */
  #comeAfterAny(): void {
    const before = this.known?.wayBack
    if (!before || before === this) return
    before.#isOutdone = true
    for (const record of [before.fresh, ...before.#old]) this.note(record)
  }

  /** Gives back all of them. Nobody waits for it. @param lifetime of whoever found that nobody uses any */
  letGo(lifetime: Lifetime): void {
    keepAlive(lifetime, this.giveBack())
  }

  /**
   * Gives back all tokens but those of one sign-in: at the server the tokens of each are a session of their own. Once:
   * whoever finds that the session was signed out asks for it.
   *
   * @param current what is used or owed by others; nothing where nobody uses any
   */
  async giveBack(current?: R | DebtOf<R>): Promise<void> {
    if (this.#isGivenBack) return
    this.#isGivenBack = true
    const { kind } = this.deployment
    const unused = [this.fresh, ...this.#old].filter(
      (record) => !current || !isSameSignIn(this.deployment, record, current),
    )
    const { memory } = this.arrival
    await Promise.allSettled(unused.map((record) => kind.revoke(kind.debtOf(record), memory)))
  }
}
