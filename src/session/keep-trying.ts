import { StorageError } from '../errors/storage-error.ts'
import { type Clock, SECOND } from '../http/clock.ts'
import { LONGEST_STORE_PAUSE_MS, STORE_HOLD_MS } from './limits.ts'

/**
 * Row R25: tries to store tokens again and again while the storage fails, with growing pauses and for as long as the process
 * lives. A process that is about to end waits for the first half minute of them: it has the only copy.
 *
 * @param store what stores them, or finds that there is nothing left to store
 */
export async function keepTrying(clock: Clock, store: () => Promise<unknown>): Promise<void> {
  let slept = 0
  for (let pause = SECOND; ; pause = Math.min(pause * 2, LONGEST_STORE_PAUSE_MS)) {
    await clock.sleep(pause, undefined, { background: slept >= STORE_HOLD_MS })
    slept += pause
    try {
      await store()
      return
    } catch (error) {
      if (!(error instanceof StorageError)) return // the session is over, and was told of
    }
  }
}
