import { writeSync } from 'node:fs'
import type { ScaledClock } from '../scaled-clock.ts'
import type { ChildLine } from '../messages.ts'

type Untimed<Line> = Line extends unknown ? Omit<Line, 'at'> : never

/** Tells the parent something. It has left the process when this returns, so that no kill can take it back. */
export type Tell = (line: Untimed<ChildLine>) => void

/** The way to tell, over standard output. */
export function tellBy(clock: ScaledClock): Tell {
  return (line) => {
    let left = Buffer.from(`${JSON.stringify({ at: clock.now(), ...line })}\n`)
    while (left.length > 0) {
      try {
        left = left.subarray(writeSync(1, left))
      } catch (error) {
        // The pipe is full for a moment: the parent is busy.
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error
      }
    }
  }
}
