import type { Ledger } from './ledger.ts'
import { isStopped, type Life } from './life.ts'
import type { ChildLine, ClientKind, Order } from './messages.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { Truth } from './truth.ts'

type DraftOf<Each> = Each extends unknown ? Omit<Each, 'id'> : never
type Draft = DraftOf<Order>

/** A sign-in takes a dozen requests: more at once would only wait for each other. Who stands still is not counted. */
const MOST_SIGN_INS = 2

/** How many sessions are used much more than the others. */
const MOST_WANTED = 3

export interface DeskOptions {
  readonly ledger: Ledger
  readonly random: SeededRandom
  /** How many sessions each account has with each client, when none was lost lately. */
  readonly wanted: readonly WantedSessions[]
}

/** So many sessions of an account with a client. */
export interface WantedSessions {
  readonly did: string
  readonly client: ClientKind
  readonly sessions: number
}

/** What was asked for, and how often it was done. */
export interface DeskCounts {
  readonly asked: Record<string, number>
  readonly done: Record<string, number>
  readonly errors: Map<string, number>
}

interface OpenOrder {
  readonly order: Order
  readonly life: Life
  readonly truth: Truth | undefined
  readonly since: number
}

/** Where children learn what to do: which session is called, refreshed, signed out, and who signs in anew. */
export class Desk {
  readonly counts: DeskCounts = { asked: {}, done: {}, errors: new Map() }
  /** How long sign-ins took, in ms of the machine's time. */
  readonly signInTimes: number[] = []
  readonly #options: DeskOptions
  readonly #open = new Map<number, OpenOrder>()
  /** What is to be done before anything is drawn, and by whom it is waited for. */
  readonly #urgent: { readonly draft: Draft; readonly settle: (line: ChildLine | undefined) => void }[] = []
  readonly #waited = new Map<number, (line: ChildLine | undefined) => void>()
  #isQuiet = false
  #count = 0

  constructor(options: DeskOptions) {
    this.#options = options
  }

  /** Whether every account has all its sessions. */
  get isSignedIn(): boolean {
    const { ledger, wanted } = this.#options
    const enough = wanted.reduce((sum, { sessions }) => sum + sessions, 0)
    return ledger.truths.filter(({ standing }) => standing === 'live').length >= enough
  }

  /** From now on nothing is drawn: children do what is asked for by {@link ask}, and wait. */
  quiet(): void {
    this.#isQuiet = true
  }

  /** Has some child do something. @returns what it told; undefined where it ended before */
  ask(draft: Draft): Promise<ChildLine | undefined> {
    return new Promise((settle) => {
      this.#urgent.push({ draft, settle })
    })
  }

  next(life: Life): Order {
    const urgent = this.#urgent.shift()
    const order: Order = {
      id: ++this.#count,
      ...(urgent?.draft ?? (this.#isQuiet ? { op: 'wait', ms: 2000 } : this.#draw())),
    }
    if (urgent) this.#waited.set(order.id, urgent.settle)
    const truth = 'sessionId' in order ? this.#options.ledger.ofSession(order.sessionId) : undefined
    this.#open.set(order.id, { order, life, truth, since: performance.now() })
    this.counts.asked[order.op] = (this.counts.asked[order.op] ?? 0) + 1
    if (truth && order.op === 'sign-out') truth.signOuts += 1
    if (truth) this.#options.ledger.touch(truth, life)
    if (truth) this.#options.ledger.trace(truth, `life ${life.number} is to ${order.op}`)
    return order
  }

  /** A child told what came of an order. */
  settle(line: Extract<ChildLine, { readonly is: 'done' | 'failed' }>): void {
    const { ledger } = this.#options
    const open = this.#open.get(line.order)
    if (!open) return
    this.#close(line.order, line)
    const { order } = open
    const truth =
      open.truth ?? (line.is === 'done' && line.sessionId ? ledger.ofSession(line.sessionId) : undefined)
    if (truth) ledger.trace(truth, `${order.op} ${line.is} ${line.detail.slice(0, 200)}`, line.at)
    if (line.is === 'failed') {
      const name = `${order.op}: ${line.error === 'error_response' ? line.detail.slice(0, 150) : line.error}`
      this.counts.errors.set(name, (this.counts.errors.get(name) ?? 0) + 1)
      if (truth && order.op === 'sign-out') truth.wantsOut = false
      return
    }
    this.counts.done[order.op] = (this.counts.done[order.op] ?? 0) + 1
    if (order.op === 'sign-in') this.signInTimes.push(performance.now() - open.since)
    if (truth && order.op === 'sign-in') truth.isSignedIn = true
    if (truth && order.op === 'sign-out') truth.standing = 'signed out'
  }

  /** A child ended: what it was at is open again. */
  abandon(life: Life): void {
    for (const [id, { order, life: at, truth }] of Array.from(this.#open)) {
      if (at !== life) continue
      this.#close(id, undefined)
      // Whether it was signed out shows in the storage.
      if (truth && order.op === 'sign-out') truth.wantsOut = false
    }
  }

  #close(id: number, line: ChildLine | undefined): void {
    this.#open.delete(id)
    this.#waited.get(id)?.(line)
    this.#waited.delete(id)
  }

  #draw(): Draft {
    const { random, ledger } = this.#options
    const lost = ledger.truths.find((truth) => truth.standing === 'lost' && !truth.wantsOut && truth.sessionId)
    // An app lets go of a session that has ended, so that the storage does not fill up with them.
    if (lost?.sessionId) {
      lost.wantsOut = true
      return { op: 'sign-out', sessionId: lost.sessionId, client: lost.client }
    }
    const missing = this.#findMissing()
    if (missing) return { op: 'sign-in', did: missing.did, client: missing.client }
    const live = ledger.truths.filter(({ standing, wantsOut }) => standing === 'live' && !wantsOut)
    if (live.length === 0) return { op: 'wait', ms: 1000 }
    // Some are in everybody's hands at once.
    const truth = random.pick(random.happens(0.4) ? live.slice(0, MOST_WANTED) : live)
    const { sessionId = '', client } = truth
    // While a refresh is not answered another one only waits; a call finds out whether the token still works.
    const isOpen = truth.seen?.attempt && !truth.seen.attempt.dead
    const op = random.weigh([
      [45, 'call'],
      [isOpen ? 5 : 45, 'refresh'],
      [1.5, 'sign-out'],
      [3, 'list'],
    ] as const)
    // Sessions of passwords are found by signing in, and no other way.
    if (op === 'list') return client === 'password' ? { op: 'call', sessionId, client } : { op, client }
    if (op === 'sign-out') truth.wantsOut = true
    return { op, sessionId, client }
  }

  /** An account that has too few sessions, counting those that somebody is just signing in to. */
  #findMissing(): WantedSessions | undefined {
    const { wanted, ledger } = this.#options
    const signIns = [...this.#open.values()].filter(
      ({ order, life }) => order.op === 'sign-in' && !isStopped(life),
    )
    if (signIns.length >= MOST_SIGN_INS) return undefined
    const counts = new Map<string, number>()
    const note = (did: string, client: ClientKind) =>
      counts.set(`${client} ${did}`, (counts.get(`${client} ${did}`) ?? 0) + 1)
    for (const truth of ledger.truths) if (isThere(truth)) note(truth.did, truth.client)
    for (const { order } of this.#open.values()) if (order.op === 'sign-in') note(order.did, order.client)
    return wanted.find(({ did, client, sessions }) => (counts.get(`${client} ${did}`) ?? 0) < sessions)
  }
}

/**
 * Whether a session takes its place. A password leads to the one session that there is, and into one that has ended: so
 * that is to be gone first, and one that is about to be stored awaited.
 */
function isThere({ standing, client, sessionId }: Truth): boolean {
  if (standing === 'live') return true
  return client === 'password' && (standing === 'begun' || (standing === 'lost' && sessionId !== undefined))
}
