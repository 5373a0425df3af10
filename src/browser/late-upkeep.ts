import { untilAborted, withDeadline } from '../http/deadline.ts'
import type { Clock } from '../http/clock.ts'
import type { KnownSession } from '../session/known-session.ts'
import { EARLY_WAIT_MS } from '../session/call-limits.ts'
import type { BaseRecord } from '../session/record.ts'
import type { Asked } from '../session/session-kind.ts'
import { isExpired } from '../session/tokens.ts'
import type { Upkeep } from '../session/upkeep.ts'
import type { XrpcRequest } from '../xrpc/session.ts'

/** An upkeep that is loaded while a page is in use, rather than before its first call. */
export interface LateUpkeep<R extends BaseRecord> extends Upkeep<R> {
  /** Loads it, unless it is there already. What could not be loaded is asked for again by whoever needs it next. */
  load(): Promise<Upkeep<R>>
}

/** What a page does while its upkeep is not there. */
export interface LateUpkeepOptions<R extends BaseRecord> {
  /** @throws NetworkError `unreachable`: nothing was sent, and no session is the worse for it */
  readonly open: () => Promise<Upkeep<R>>
  /** Asks once, with the newest token. */
  readonly askOnce: (known: KnownSession<R>, request: XrpcRequest) => Promise<Asked>
  readonly clock: Clock
}

/** How much news is kept for an app while it cannot be told. */
const MOST_UNTOLD = 100

/** Makes one. */
export function lateUpkeep<R extends BaseRecord>({ open, askOnce, clock }: LateUpkeepOptions<R>): LateUpkeep<R> {
  let opened: Promise<Upkeep<R>> | undefined
  const untold: ((upkeep: Upkeep<R>) => void)[] = []
  const load = (): Promise<Upkeep<R>> => {
    const opening = (opened ??= open())
    opening.then(
      (upkeep) => untold.splice(0).forEach((tell) => tell(upkeep)),
      () => opened === opening && (opened = undefined),
    )
    return opening
  }

  /** R3: a token that is only near its end is used to it, where what would refresh it cannot be loaded, or takes long. */
  const loadEarly = (): Promise<Upkeep<R> | undefined> =>
    withDeadline(clock, { timeoutMs: EARLY_WAIT_MS, onTimeout: () => new Error() }, load).catch(() => undefined)

  return {
    load,
    async ask(known, request, refused) {
      const { isRepeatable, signal } = request
      const isGood = !refused && !known.isGone && isRepeatable && !isExpired(known.record.tokens, clock.now())
      const loading = isGood ? loadEarly() : untilAborted(signal, load())
      const upkeep = await loading.catch((error: unknown) => {
        refused?.response.body?.cancel().catch(() => {}) // nobody reads the refusal
        throw error
      })
      return upkeep ? upkeep.ask(known, request, refused) : askOnce(known, request)
    },
    async refresh(known, wish, signal) {
      return (await (signal ? untilAborted(signal, load()) : load())).refresh(known, wish, signal)
    },
    // Only where requests are kept apart, which no page does.
    storeAgain: () => {},
    payDebt(tombstone, version) {
      load().then(
        (upkeep) => upkeep.payDebt(tombstone, version),
        () => {}, // the next one who meets the tombstone pays
      )
    },
    tell(known, news) {
      if (untold.length < MOST_UNTOLD) untold.push((upkeep) => upkeep.tell(known, news))
      load().catch(() => {}) // told once it is there
    },
  }
}
