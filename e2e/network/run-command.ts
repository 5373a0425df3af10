import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { keepLastLines } from './last-lines.ts'

export interface RunCommandOptions {
  /** @default that of this process */
  cwd?: string
  /** Added to the environment of this process. */
  environment?: Record<string, string>
}

/**
 * Runs a command to its end, quietly. It ends with this process, too.
 *
 * @throws Error with the command, how it ended and the last lines that it printed, where it fails.
 */
export async function runCommand(
  command: string,
  input: readonly string[],
  options: RunCommandOptions = {},
): Promise<void> {
  const child = spawn(command, input, {
    ...(options.cwd && { cwd: options.cwd }),
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lastLines = keepLastLines(child.stdout, child.stderr)
  const kill = () => child.kill('SIGKILL')
  // Before those who remove what the command works on.
  process.prependOnceListener('exit', kill)
  // A command that does not exist makes `once` throw the error that names it.
  const closed: Promise<(number | string | null)[]> = once(child, 'close')
  const [code, signal] = await closed.finally(() => process.off('exit', kill))
  if (code === 0) return
  const end = code === null ? `signal ${signal}` : `exit code ${code}`
  throw new Error(`"${[command, ...input].join(' ')}" failed with ${end}\n${lastLines()}`)
}
