import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { generateClientKey } from '../../src/flow.ts'
import { KillRun, type KillRunOptions } from './kill-run.ts'
import { makeReport } from './make-report.ts'
import type { Report } from './report.ts'
import { type EngineName, startEngine } from './start-engine.ts'
import { verify } from './verify.ts'

/** How often the storage is looked at, in ms of the machine's time. */
export const LOOK_EVERY_MS = 80

export interface WithKillRunOptions extends Omit<KillRunOptions, 'address' | 'compiled' | 'clientKey'> {
  readonly engine: EngineName
}

/** Sets a run up, has it come to harm, waits for the quiet after it, and counts. */
export async function withKillRun(
  options: WithKillRunOptions,
  harm: (run: KillRun) => Promise<void>,
): Promise<Report> {
  const began = performance.now()
  const compiled = await mkdtemp(join(tmpdir(), 'atproof-kill-code-'))
  const engine = await startEngine(options.engine)
  try {
    const clientKey = await generateClientKey({ kid: 'k1' })
    const run = await KillRun.start({ ...options, address: engine.address, compiled, clientKey })
    try {
      await warmUp(run)
      const speed = run.beginTrouble()
      await harm(run)
      const verification = await verify(run)
      return makeReport(run, verification, { ...options, speed, seconds: (performance.now() - began) / 1000 })
    } finally {
      await run.close()
    }
  } finally {
    await engine.stop()
    await rm(compiled, { recursive: true, force: true })
  }
}

/** The first lives come to no harm: they sign everybody in, and leave their compiled code to the others. */
async function warmUp(run: KillRun): Promise<void> {
  run.startChildren()
  for (let looks = 0; looks < 400 && !run.desk.isSignedIn; looks++) {
    await pause(LOOK_EVERY_MS)
    await run.look()
  }
}
