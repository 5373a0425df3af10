import { type Finding, judge, type Verdict } from './judge.ts'
import type { Ledger } from './ledger.ts'
import type { RecordFacts } from './record-facts.ts'
import { newestOf, type Truth } from './truth.ts'

/** A session that cannot be used any more, and why. */
export interface Loss extends Verdict {
  readonly truth: Truth
}

/** The sessions that were lost. Each is judged a moment after it was found: by then everybody has told what they know. */
export class Losses {
  readonly all: Loss[] = []
  expired = 0
  cutOff = 0
  readonly #ledger: Ledger
  readonly #now: () => number
  #found: readonly { readonly truth: Truth; readonly finding: Finding }[] = []

  constructor(ledger: Ledger, now: () => number) {
    this.#ledger = ledger
    this.#now = now
  }

  /** A session was found that cannot be used. */
  find(truth: Truth, record: RecordFacts | undefined, isEnded: boolean): void {
    truth.standing = 'lost'
    const finding: Finding = { record, isEnded, newest: newestOf(truth), at: this.#now() }
    this.#found = [...this.#found, { truth, finding }]
    const stands = record ? `${record.status} ${record.reason ?? ''}` : 'nothing'
    this.#ledger.trace(truth, `lost: ${stands} stands, the server's session ${isEnded ? 'has ended' : 'lives'}`)
  }

  /** A session is lost for a reason that is known. */
  add(truth: Truth, verdict: Verdict): void {
    if (truth.standing !== 'lost') truth.standing = 'lost'
    this.all.push({ ...verdict, truth })
  }

  /** A sign-in whose process ended before its session was stored. The person was told of it, or never saw one. */
  abandon(truth: Truth): void {
    if (truth.isSignedIn) return this.find(truth, undefined, truth.server.deleted)
    truth.standing = 'cut off'
    this.cutOff += 1
  }

  /** Judges those that were found at least so long ago, in ms of the scaled time. */
  judgeOlderThan(ms: number): void {
    const due = this.#found.filter(({ finding }) => this.#now() - finding.at >= ms)
    this.#found = this.#found.filter((found) => !due.includes(found))
    for (const { truth, finding } of due) {
      const verdict = judge(truth, finding)
      if (verdict !== 'expired') {
        this.all.push({ ...verdict, truth })
        continue
      }
      truth.standing = 'expired'
      this.expired += 1
    }
  }
}
