import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Run } from './run.ts'

const ENTRY = fileURLToPath(new URL('../entry-process.ts', import.meta.url))
/** Of real time, for all checks. */
const LIMIT_MS = 60_000

/**
 * A way to run the checks in a process of its own, on the built package as it is.
 *
 * @param executable that of the runtime
 * @param input what it is told before the name of the file
 */
export function runInProcess(executable: string, input: readonly string[] = []): Run {
  return async (titles) => {
    const { stdout, stderr } = await promisify(execFile)(executable, [...input, ENTRY, JSON.stringify(titles)], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1' },
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    })
    if (stderr !== '') throw new Error(`the checks said: ${stderr}`)
    return JSON.parse(stdout) as Awaited<ReturnType<Run>>
  }
}
