import type { PlanStep } from './messages.ts'
import type { SeededRandom } from './seeded-random.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** Past the fence. */
const PAST_FENCE: readonly [number, number] = [6.2 * MINUTE, 12 * MINUTE]

/** How long a process is stopped, in the scaled time: for a moment, and past each limit of the protocol. */
const STOPS: readonly (readonly [weight: number, ms: readonly [number, number]])[] = [
  [30, [SECOND, 5 * SECOND]],
  [25, [11 * SECOND, 19 * SECOND]], // past a signature's life
  [25, [21 * SECOND, 2 * MINUTE]], // past the wait for an answer
  [18, PAST_FENCE],
  [3, [11 * MINUTE, 15 * MINUTE]], // past what a file may take from being read to being linked
  [1, [61 * MINUTE, 65 * MINUTE]], // past the time that a superseded file stays
]

/** Where a refresh token is on its way: others may take over, and whoever was stopped must find out. */
const TOUCHY = [
  'put attempt after',
  'fetch tokens before',
  'fetch tokens headers',
  'fetch tokens body',
  'put tokens before',
]

/** What happened at a kind of point. */
export interface PointCounts {
  kills: number
  stops: number
}

/** Draws where children end and stop, so that every kind of point is met, and counts where they did. */
export class Killer {
  readonly points = new Map<string, PointCounts>()
  readonly random: SeededRandom

  constructor(random: SeededRandom) {
    this.random = random
  }

  /** A kind of point exists. */
  learn(kind: string): void {
    if (!this.points.has(kind)) this.points.set(kind, { kills: 0, stops: 0 })
  }

  hit(kind: string, action: PlanStep['action']): void {
    this.learn(kind)
    const counts = this.points.get(kind)
    if (!counts) return
    if (action === 'kill') counts.kills += 1
    else counts.stops += 1
  }

  /** The kinds that nobody was ended at yet. */
  get missed(): readonly string[] {
    return [...this.points].filter(([, { kills }]) => kills === 0).map(([kind]) => kind)
  }

  /** Some stops, and an end. */
  plan(): readonly PlanStep[] {
    const stops = this.random.weigh([
      [50, 0],
      [35, 1],
      [15, 2],
    ])
    return [...Array.from({ length: stops }, () => this.#step('stop')), this.#step('kill')]
  }

  stopMs(): number {
    return this.random.between(...this.random.weigh(STOPS))
  }

  #step(action: PlanStep['action']): PlanStep {
    const { random } = this
    const stop = action === 'stop' && { stopMs: this.stopMs() }
    const draw = random.next()
    if (this.points.size === 0 || draw < 0.3) return { action, nth: Math.ceil(random.between(0, 150)), ...stop }
    if (draw < 0.7) return { action, kind: this.#rarest(action), nth: random.small(4), ...stop }
    const kind = random.pick(TOUCHY)
    if (action === 'kill') return { action, kind, nth: random.small(2) }
    return {
      action,
      kind,
      nth: random.small(2),
      stopMs: random.happens(0.6) ? random.between(...PAST_FENCE) : this.stopMs(),
    }
  }

  /** One of the kinds that were met the least. */
  #rarest(action: PlanStep['action']): string {
    const count = (counts: PointCounts) => (action === 'kill' ? counts.kills : counts.stops)
    const sorted = [...this.points].toSorted(([, a], [, b]) => count(a) - count(b))
    return this.random.pick(sorted.slice(0, Math.max(4, sorted.length / 3)))[0]
  }
}
