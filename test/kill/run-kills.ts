import { setTimeout as pause } from 'node:timers/promises'
import type { KillRun } from './kill-run.ts'
import { failuresOf } from './make-report.ts'
import type { ClientKind } from './messages.ts'
import { printFailure, type Report } from './report.ts'
import type { EngineName } from './start-engine.ts'
import { LOOK_EVERY_MS, withKillRun } from './with-kill-run.ts'

const PROGRESS_EVERY_MS = 10_000
/** A child whose plan names a point that it does not come to is ended from outside. */
const LONGEST_LIFE_MS = 800

/** What a run is to be like. */
export interface RunOptions {
  readonly engine: EngineName
  /** How often a process is ended before the run is over. */
  readonly kills: number
  readonly seed: number
  /** How many times faster the run's time is than the machine's. */
  readonly speed: number
  /** How many processes share the storage. */
  readonly children: number
  /** Whether servers ask for DPoP nonces: without them an old signature is refused by its date alone. */
  readonly hasNonces: boolean
  /** What sessions begin with. */
  readonly clients: readonly ClientKind[]
  /** Told how it goes, now and then. */
  readonly onProgress: (line: string) => void
}

/** Runs processes over one storage, and ends, stops and restarts them, until there were enough kills. Then counts. */
export function runKills(options: RunOptions): Promise<Report> {
  const { engine, speed, seed, children, hasNonces, clients } = options
  return withKillRun(
    {
      engine,
      speed,
      seed,
      children,
      hasNonces,
      clients,
      workers: 3,
      pauseMs: 10,
      hasFaults: true,
      plan: (killer) => killer.plan(),
    },
    (run) => trouble(run, options),
  )
}

async function trouble(run: KillRun, { kills, onProgress }: RunOptions): Promise<void> {
  const { counts, slots, random, killer, clock } = run
  let nextProgress = performance.now() + PROGRESS_EVERY_MS
  const told = new Set<string>()
  while (counts.kills < kills) {
    await pause(LOOK_EVERY_MS)
    await run.look()
    if (random.happens(0.2)) run.stir()
    for (const slot of slots.filter(({ life }) => life)) {
      const age = slot.life?.readyAt ? clock.realMs(clock.now() - slot.life.readyAt) : 0
      const isOverdue = age > LONGEST_LIFE_MS && !slot.isStopped
      const fate = random.weigh([
        [isOverdue ? 1e9 : slot.isStopped ? 0.1 : 1, 'kill'],
        [1, 'stop'],
        [98, undefined],
      ] as const)
      if (fate === 'kill') {
        counts.killsFromOutside += 1
        slot.kill()
      }
      if (fate === 'stop') {
        counts.pauses += 1
        void slot.stop(killer.stopMs())
      }
    }
    if (performance.now() < nextProgress) continue
    nextProgress += PROGRESS_EVERY_MS
    const failures = failuresOf(run)
    const others = run.ledger.violations.filter(({ session }) => session === undefined)
    // A long run need not be over to say what it found.
    for (const line of [...failures.map(printFailure), ...others.map(({ what }) => `  BROKEN: ${what}`)]) {
      const [head = ''] = line.split('\n', 1)
      if (!told.has(head)) onProgress(line)
      told.add(head)
    }
    onProgress(
      `${counts.kills} of ${kills} kills, ${run.ledger.truths.length} sessions, ${run.losses.all.length} lost, ${failures.length + others.length} wrongly`,
    )
  }
}
