import { type Clock, SECOND } from '../http/clock.ts'
import { LONGEST_STORE_PAUSE_MS, STORE_HOLD_MS } from './limits.ts'

/**
 * Row R25: the pauses between two tries to store tokens, each twice as long as the one before, up to a minute, and
 * without an end. A process that is about to end waits for the first half minute of them: it has the only copy.
 */
export function* growingPauses(clock: Clock): Generator<Promise<void>, never, undefined> {
  let slept = 0
  for (let pause = SECOND; ; pause = Math.min(pause * 2, LONGEST_STORE_PAUSE_MS)) {
    yield clock.sleep(pause, undefined, { background: slept >= STORE_HOLD_MS })
    slept += pause
  }
}
