import { fakeNetwork, type FakeNetwork } from '../../src/testing.ts'
import { Adapter } from './adapter.ts'
import { ChildSlot } from './child-slot.ts'
import { CLIENT_ID, createClients } from './clients.ts'
import { Desk, type WantedSessions } from './desk.ts'
import { FAULTS, type Faults, NO_FAULTS } from './faults.ts'
import { Killer } from './killer.ts'
import { Ledger } from './ledger.ts'
import type { Life } from './life.ts'
import { Losses } from './losses.ts'
import type { ChildLine, ChildSettings, ClientKind, EngineAddress, PlanStep } from './messages.ts'
import { NetworkClock } from './network-clock.ts'
import { type OpenedEngine, openEngine } from './open-engine.ts'
import { startTime } from './scaled-clock.ts'
import { SeededRandom } from './seeded-random.ts'
import { ShortTokens } from './short-tokens.ts'
import { Watcher } from './watcher.ts'

const SECOND = 1000
const HANDLES = ['alice.test', 'bob.test', 'carol.test', 'dan.test']
/** So many that those whose refresh has to be waited for leave others to work with. */
const SESSIONS_EACH = 4
/** Each bot has one session of its password. There are so many where they are beside others, and where they are alone. */
const BOTS = [6, 12] as const
/** By then everybody has told what they know, in ms of the machine's time. */
const JUDGED_AFTER_MS = 400
/** How fast the time goes while all is to work, however busy the machine is. */
export const CALM_SPEED = 20
/** How long a sign-in may take, of which it is to need a third. */
const SIGN_IN_MS = 30 * SECOND
/** Of the places for children: those that stand still need one, too. */
const PLACES_EACH = 6
/** Longer stops are cut: in ms of the machine's time, and as long as the scaled time needs to get past the fence. */
const LONGEST_STOP_MS = 16_000
const PAST_FENCE_MS = 400 * SECOND
const TOKEN_LIFETIMES_S = [60, 120, 300, 900, 1800]
export interface KillRunOptions {
  readonly address: EngineAddress
  readonly compiled: string
  readonly clientKey: object
  readonly seed: number
  /** How many times faster than the machine's the time goes, at most. */
  readonly speed: number
  readonly children: number
  /** Between two orders of a worker, in ms of the machine's time. */
  readonly pauseMs: number
  readonly workers: number
  readonly hasNonces: boolean
  /** What sessions begin with. */
  readonly clients: readonly ClientKind[]
  /** Whether answers are lost and writes fail. */
  readonly hasFaults: boolean
  /** Draws what a child does to itself. */
  readonly plan: (killer: Killer) => readonly PlanStep[]
}

/** A network, a storage, the processes that share them, and all who watch: the parts of a run, at work. */
export class KillRun {
  readonly clock: NetworkClock
  readonly network: FakeNetwork
  readonly ledger: Ledger
  readonly losses: Losses
  readonly desk: Desk
  readonly killer: Killer
  readonly adapter: Adapter
  readonly slots: readonly ChildSlot[]
  readonly watcher: Watcher
  readonly random: SeededRandom
  readonly counts = { kills: 0, killsFromOutside: 0, pauses: 0, lives: 0, writesFailed: 0 }
  #adapterUrl = ''
  #isCalm = true
  #isOpen = false
  readonly #options: KillRunOptions
  readonly #engine: OpenedEngine
  readonly #shortTokens: ShortTokens
  readonly #passwords: Readonly<Record<string, string>>
  readonly #lives = new Map<number, Life>()
  /** Lives that ended with a sign-in that may not have been stored. */
  #ended: Life[] = []

  /** Nobody stays behind where this process ends early. */
  readonly #endAlong = (): void => {
    for (const slot of this.slots) slot.kill()
  }

  static async start(options: KillRunOptions): Promise<KillRun> {
    const clock = new NetworkClock(startTime(Math.min(options.speed, CALM_SPEED)))
    const engine = await openEngine(options.address, { clock, send: (_, send) => send() })
    const run = new KillRun(options, clock, engine)
    run.#adapterUrl = await run.adapter.listen()
    process.once('exit', run.#endAlong)
    return run
  }

  private constructor(options: KillRunOptions, clock: NetworkClock, engine: OpenedEngine) {
    this.#options = options
    this.#engine = engine
    this.clock = clock
    this.random = new SeededRandom(options.seed)
    this.network = fakeNetwork({ clock, noNonces: !options.hasNonces })
    const accounts = HANDLES.map((handle) => this.network.createAccount(handle))
    const { confidential } = createClients({ ...this.network.clientOptions }, options.clientKey)
    this.network.documents.set(CLIENT_ID, confidential.clientMetadata)
    this.ledger = new Ledger(this.network)
    this.losses = new Losses(this.ledger, () => clock.now())
    this.killer = new Killer(this.#fork())
    const bots = Array.from({ length: countBots(options.clients) }, (_, number) =>
      this.network.createAccount(`bot${number}.test`),
    )
    this.#passwords = Object.fromEntries(bots.map(({ did, password }) => [did, password]))
    const wanted: WantedSessions[] = [
      ...accounts.flatMap(({ did }) =>
        options.clients
          .filter((client) => client !== 'password')
          .map((client) => ({ did, client, sessions: SESSIONS_EACH })),
      ),
      ...bots.map(({ did }) => ({ did, client: 'password' as const, sessions: 1 })),
    ]
    this.desk = new Desk({ ledger: this.ledger, random: this.#fork(), wanted })
    this.#shortTokens = new ShortTokens(this.network)
    this.adapter = new Adapter({
      network: this.network,
      shortTokens: this.#shortTokens,
      ledger: this.ledger,
      random: this.#fork(),
      faults: () => this.#faults.way,
      lifeOf: (number) => this.#lives.get(number),
      nextOrder: (life) => this.desk.next(life),
    })
    this.watcher = new Watcher({
      storage: engine.storage,
      ledger: this.ledger,
      onLost: (truth, record, isEnded) => this.losses.find(truth, record, isEnded),
      onUnreadable: (id, truth, error) => this.#unreadable(id, truth?.number, error),
    })
    this.slots = Array.from(
      { length: options.children * PLACES_EACH },
      (_, slot) =>
        new ChildSlot(slot, {
          clock,
          compiled: options.compiled,
          nextLife: (of) => this.#nextLife(of),
          onLine: (life, line) => this.#hear(life, line),
          onStop: () => this.#fill(),
          onEnd: (life, wasKilled, lastWords) => this.#end(life, wasKilled, lastWords),
        }),
    )
  }

  /** Starts all children. */
  startChildren(): void {
    this.#isOpen = true
    this.#fill()
  }

  /** Looks at the storage, and judges what was found before. */
  async look(options: { readonly isThorough?: boolean } = {}): Promise<void> {
    const ended = this.#ended
    this.#ended = []
    await this.watcher.look(options)
    for (const life of ended) {
      for (const truth of this.ledger.truths) {
        if (truth.standing === 'begun' && truth.tokens[0]?.request.life === life) this.losses.abandon(truth)
      }
    }
    this.losses.judgeOlderThan(this.clock.scaledAge(JUDGED_AFTER_MS))
  }

  /**
   * From now on things fail, and whoever starts ends by its plan. The time goes as fast as it may, and as the machine
   * can: what is always too late proves nothing.
   *
   * @returns how many times faster
   */
  beginTrouble(): number {
    this.#isCalm = false
    const times = this.desk.signInTimes.toSorted((a, b) => a - b)
    const slow = times[Math.floor(times.length * 0.75)] ?? SIGN_IN_MS
    const speed = Math.max(
      1,
      Math.min(this.#options.speed, (this.clock.realMs(SIGN_IN_MS) / slow / 3) * CALM_SPEED),
    )
    this.clock.change({ speed: Math.round(speed) })
    for (const slot of this.slots) slot.kill()
    return Math.round(speed)
  }

  /** From now on nothing fails, and nobody ends or stops; all children begin anew. */
  async calmDown(): Promise<void> {
    this.#isCalm = true
    this.desk.quiet()
    await this.restChildren()
  }

  async restChildren(): Promise<void> {
    this.#isOpen = false
    await Promise.all(this.slots.map((slot) => slot.end()))
  }

  /** Something else happens to the sessions: lifetimes change, and a server forgets access tokens. */
  stir(): void {
    this.network.tokenLifetimeSeconds = this.random.pick(TOKEN_LIFETIMES_S)
    if (this.random.happens(0.2)) this.network.account(this.random.pick(HANDLES))?.expireAccessTokens()
    const bots = Object.keys(this.#passwords)
    if (bots.length > 0 && this.random.happens(0.2)) this.#shortTokens.expire(this.random.pick(bots))
  }

  /** What sessions begin with. */
  get clients(): readonly ClientKind[] {
    return this.#options.clients
  }

  async close(): Promise<void> {
    process.off('exit', this.#endAlong)
    await this.restChildren()
    await this.adapter.close()
    await this.#engine.close()
    this.network.close()
  }

  /** Whoever stands still is no hindrance: as many as were asked for run beside it. */
  #fill(): void {
    const running = this.slots.filter(({ life, isStopped }) => life && !isStopped).length
    const free = this.slots.filter(({ life }) => !life)
    if (this.#isOpen) for (const slot of free.slice(0, Math.max(0, this.#options.children - running))) slot.start()
  }

  get #faults(): Faults {
    return this.#options.hasFaults && !this.#isCalm ? FAULTS : NO_FAULTS
  }

  #fork(): SeededRandom {
    return new SeededRandom(Math.floor(this.random.next() * 2 ** 32))
  }

  #nextLife(slot: number): ChildSettings {
    const { address, clientKey, workers, pauseMs, plan } = this.#options
    this.counts.lives += 1
    const life = this.counts.lives
    const settings: ChildSettings = {
      life,
      time: this.clock.scale,
      storage: address,
      adapter: this.#adapterUrl,
      seed: Math.floor(this.random.next() * 2 ** 32),
      plan: this.#isCalm ? [] : plan(this.killer).map((step) => this.#shorten(step)),
      warmsUp: life <= this.#options.children,
      faults: this.#faults.write,
      clientKey,
      passwords: this.#passwords,
      workers,
      pauseMs,
    }
    queueMicrotask(() => {
      const begun = this.slots[slot]?.life
      if (begun) this.#lives.set(life, begun)
    })
    return settings
  }

  /** A stop takes no longer than a run can wait for, where the time goes slowly. */
  #shorten(step: PlanStep): PlanStep {
    const { stopMs } = step
    if (stopMs === undefined || this.#options.speed === 1) return step
    return { ...step, stopMs: Math.min(stopMs, Math.max(PAST_FENCE_MS, LONGEST_STOP_MS / this.clock.realMs(1))) }
  }

  #hear(life: Life, line: ChildLine): void {
    if (line.is === 'ready') life.readyAt = line.at
    if (line.is === 'kind') this.killer.learn(line.kind)
    if (line.is === 'point') {
      this.killer.hit(line.kind, line.step.action)
      if (line.step.action === 'stop') this.counts.pauses += 1
      this.#traceAll(life, `life ${life.number} ${line.step.action} at ${line.kind}`, line.at)
    }
    if (line.is === 'resumed') this.#traceAll(life, `life ${life.number} goes on`, line.at)
    if (line.is === 'stalled') life.stops.push({ from: line.at - line.ms, to: line.at, why: 'machine' })
    if (line.is === 'got') this.ledger.got(life, line.at, line.token)
    if (line.is === 'revokes') this.ledger.revokes(life, line.at, line.token)
    if (line.is === 'wrote') {
      if (line.outcome !== 'stored' && line.outcome !== 'lost') this.counts.writesFailed += 1
      this.ledger.wrote(life, line.at, line)
    }
    if (line.is === 'event') {
      const truth = this.ledger.ofSession(line.sessionId)
      if (truth) this.ledger.trace(truth, `life ${life.number} event ${line.type}`, line.at)
    }
    if (line.is === 'done' || line.is === 'failed') this.desk.settle(line)
    if (line.is === 'leak') this.ledger.violate(`a secret stands in what a child could print: ${line.where}`)
  }

  /** What happens to a process matters to every session that it was at. */
  #traceAll(life: Life, line: string, at: number): void {
    for (const truth of this.ledger.touchedBy(life)) this.ledger.trace(truth, line, at)
  }

  #end(life: Life, wasKilled: boolean, lastWords: string): void {
    this.#traceAll(life, `life ${life.number} ended`, life.endedAt ?? this.clock.now())
    this.desk.abandon(life)
    this.#ended.push(life)
    this.#lives.delete(life.number)
    if (wasKilled) this.counts.kills += 1
    else this.ledger.violate(`life ${life.number} ended by itself: ${lastWords}`)
    this.#fill()
  }

  #unreadable(id: string, session: number | undefined, error: unknown): void {
    const what = `the entry of ${id} cannot be read: ${String(error)}`
    if (!this.ledger.violations.some((each) => each.what === what)) this.ledger.violations.push({ what, session })
  }
}

function countBots(clients: readonly ClientKind[]): number {
  if (!clients.includes('password')) return 0
  return clients.length > 1 ? BOTS[0] : BOTS[1]
}
