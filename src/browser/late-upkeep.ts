import { ENDED, untilAborted } from '../http/deadline.ts'
import type { Clock } from '../http/clock.ts'
import { assertThere } from '../session/assert-there.ts'
import type { KnownSession } from '../session/known-session.ts'
import { EARLY_WAIT_MS } from '../session/limits.ts'
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

/** Makes one. */
export function lateUpkeep<R extends BaseRecord>({ open, askOnce, clock }: LateUpkeepOptions<R>): LateUpkeep<R> {
  let opened: Promise<Upkeep<R>> | undefined
  const load = (): Promise<Upkeep<R>> =>
    (opened ??= open().catch((error: unknown) => {
      opened = undefined
      throw error
    }))

  /** R3: a token that is only near its end is used to it, where what would refresh it cannot be loaded, or takes long. */
  const loadEarly = async (): Promise<Upkeep<R> | undefined> => {
    const enough = new AbortController()
    const late = clock.sleep(EARLY_WAIT_MS, enough.signal).then(
      () => undefined,
      () => undefined, // loaded first
    )
    return Promise.race([load().catch(() => undefined), late]).finally(() => enough.abort(ENDED))
  }

  return {
    load,
    async ask(known, request, refused) {
      assertThere(known)
      const isGood = !refused && request.isRepeatable && !isExpired(known.record.tokens, clock.now())
      const loading = isGood ? loadEarly() : untilAborted(request.signal, load())
      const upkeep = await loading.catch((error: unknown) => {
        refused?.response.body?.cancel().catch(() => {}) // nobody reads the refusal
        throw error
      })
      return upkeep ? upkeep.ask(known, request, refused) : askOnce(known, request)
    },
    async refresh(known, wish, signal) {
      assertThere(known)
      return (await (signal ? untilAborted(signal, load()) : load())).refresh(known, wish, signal)
    },
    // Only where requests are kept apart, which no page does.
    storeAgain: () => {},
    payDebt: async (tombstone, version) => (await load()).payDebt(tombstone, version),
  }
}
