import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'

// Whatever ends the process that holds the other end of its input, SIGKILL too, ends the program.
const KEEPER = '"$@" </dev/null & program=$!; exec 3>&-; read -r _; kill "$program" 2>/dev/null; wait "$program"'

/** A program that lives no longer than this process. */
export interface BoundProgram {
  /** The process above it. */
  readonly pid: number
  /** What it writes to its file 3. */
  readonly notes: Readable
  close(): Promise<void>
}

/** Starts a program that ends when it is closed, or when this process ends in any way. */
export function startBound(
  file: string,
  input: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): BoundProgram {
  const keeper = spawn('sh', ['-c', KEEPER, 'sh', file, ...input], {
    stdio: ['pipe', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...environment },
  })
  return { pid: keeper.pid ?? 0, notes: notesOf(keeper), close: () => end(keeper) }
}

async function end(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return
  const exit = once(keeper, 'exit')
  keeper.stdin?.end()
  await exit
}

function notesOf({ stdio }: ChildProcess): Readable {
  const pipe = stdio[3]
  if (pipe instanceof Readable) return pipe
  throw new Error('a program was started without its file 3')
}
