import { keepAlive } from '../flow/keep-alive.ts'
import type { XrpcRequest } from '../xrpc/session.ts'
import { ask } from './ask.ts'
import { assertThere } from './assert-there.ts'
import type { DebtOf } from './debt-of.ts'
import type { Engine } from './deployment.ts'
import type { RefreshOutcome, RefreshWish } from './flight.ts'
import type { KnownSession } from './known-session.ts'
import { type News, tellNews } from './news.ts'
import { payDebt } from './pay-debt.ts'
import type { BaseRecord, Tombstone } from './record.ts'
import { refresh } from './refresh.ts'
import type { Asked } from './session-kind.ts'
import { storeAgain } from './store.ts'

/** What keeps sessions alive between their calls. A page may load it after its first call. */
export interface Upkeep<R extends BaseRecord> {
  /**
   * Asks where that takes more than one sending, or comes after a refusal.
   *
   * @throws SessionError, StorageError, NetworkError
   */
  ask(known: KnownSession<R>, request: XrpcRequest, refused?: Asked): Promise<Asked>
  /** Refreshes the tokens of a session, or waits for whoever does. @throws SessionError, StorageError, NetworkError */
  refresh(known: KnownSession<R>, wish: RefreshWish, signal?: AbortSignal): Promise<RefreshOutcome>
  /** Tries once more to store what only memory has. Nobody waits for it. */
  storeAgain(known: KnownSession<R>): void
  /** Revokes what a sign-out left to be revoked. Nobody waits for it. */
  payDebt(tombstone: Tombstone<DebtOf<R>>, version: string): void
  /** Tells the app what is news to it. */
  tell(known: KnownSession<R>, news: News<R>): void
}

/** The upkeep of an engine's own sessions. */
export function upkeepOf<R extends BaseRecord>(engine: () => Engine<R>): Upkeep<R> {
  return {
    ask: (known, request, refused) => ask(engine(), known, request, refused),
    async refresh(known, wish, signal) {
      assertThere(known)
      return refresh(engine(), known, wish, signal)
    },
    storeAgain: (known) => storeAgain(engine(), known),
    payDebt: (tombstone, version) => keepAlive(engine(), payDebt(engine(), tombstone, version)),
    tell: (known, news) => tellNews(engine(), known, news),
  }
}
