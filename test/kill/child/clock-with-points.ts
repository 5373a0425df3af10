import type { Clock } from 'atproof'
import type { ScaledClock } from '../scaled-clock.ts'
import type { Points } from './points.ts'

/** The clock that the client is given: its sleeps are points. */
export function clockWithPoints(clock: ScaledClock, points: Points): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal, options) => points.around('sleep', () => clock.sleep(ms, signal, options)),
  }
}
