import { setTimeout as pause } from 'node:timers/promises'
import type { KillRun } from './kill-run.ts'
import type { Report } from './report.ts'
import type { RunOptions } from './run-kills.ts'
import { LOOK_EVERY_MS, withKillRun } from './with-kill-run.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** Past the life of a signature and the wait for an answer. */
const PAUSE_MS: readonly [number, number] = [21 * SECOND, 60 * SECOND]
/** Past the fence as well. */
const LONGEST_PAUSE_MS = 6.2 * MINUTE

export interface RealPausesOptions extends Pick<
  RunOptions,
  'engine' | 'seed' | 'hasNonces' | 'clients' | 'onProgress'
> {
  /** How many processes are stopped once each, all at the same time. */
  readonly pauses: number
}

/** The same with time as it is: processes stop for longer than each limit, one of them for longer than the fence. */
export function runRealPauses({
  engine,
  seed,
  hasNonces,
  clients,
  pauses,
  onProgress,
}: RealPausesOptions): Promise<Report> {
  let begun = 0
  const plan = ({ points, random }: KillRun['killer']) => {
    begun += 1
    const kinds = [...points.keys()]
    const stopMs = begun === 1 ? LONGEST_PAUSE_MS : random.between(...PAUSE_MS)
    const kind = kinds[begun % kinds.length]
    return begun > pauses ? [] : [{ action: 'stop' as const, nth: random.small(2), stopMs, ...(kind && { kind }) }]
  }
  return withKillRun(
    {
      engine,
      seed,
      hasNonces,
      clients,
      speed: 1,
      children: pauses,
      workers: 1,
      pauseMs: 1500,
      hasFaults: false,
      plan,
    },
    async (run) => {
      const end = performance.now() + LONGEST_PAUSE_MS + MINUTE
      let told = 0
      while (
        performance.now() < end &&
        !(run.counts.pauses >= pauses && run.slots.every(({ isStopped }) => !isStopped))
      ) {
        await pause(5 * LOOK_EVERY_MS)
        await run.look()
        if (run.counts.pauses > told)
          onProgress(`${run.counts.pauses} of ${pauses} pauses in real time have begun`)
        told = run.counts.pauses
      }
    },
  )
}
