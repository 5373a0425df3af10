import type { ScaledClock } from '../scaled-clock.ts'
import type { Tell } from './tell.ts'

const LOOK_EVERY_MS = 20
const STALL_MS = 100

/** Tells where the machine gave this process no time, so that nobody takes it for a fault of the library. */
export function watchStalls(clock: ScaledClock, tell: Tell): void {
  let last = performance.now()
  setInterval(() => {
    const late = performance.now() - last - LOOK_EVERY_MS
    if (late > STALL_MS) tell({ is: 'stalled', ms: clock.scaledAge(late) })
    last = performance.now()
  }, LOOK_EVERY_MS).unref()
}
