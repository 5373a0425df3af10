import { readdir, readFile } from 'node:fs/promises'

/** The variable of the environment by which a browser that was started here is found again. */
export const MARK = 'ATPROOF_BROWSER'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly command: string
}

/** The first process with this mark: those that it started have it too. Linux only. */
export async function findMarked(mark: string): Promise<number> {
  const processes = await listProcesses()
  const marked: Process[] = []
  for (const one of processes) {
    const environment = await readFile(`/proc/${one.pid}/environ`, 'utf8').catch(() => '') // it has ended
    if (environment.includes(`${MARK}=${mark}`)) marked.push(one)
  }
  const pids = new Set(marked.map(({ pid }) => pid))
  const first = marked.find(({ parent }) => !pids.has(parent))
  if (first) return first.pid
  throw new Error('the browser has no process that can be found; this works on Linux only')
}

/** A process's children, and theirs. */
export async function listDescendants(pid: number): Promise<readonly Process[]> {
  const processes = await listProcesses()
  const found: Process[] = []
  const collect = (parent: number) => {
    for (const one of processes) {
      if (one.parent !== parent) continue
      found.push(one)
      collect(one.pid)
    }
  }
  collect(pid)
  return found
}

/** Ends a process and all that it started, where they stand. */
export async function killTree(pid: number): Promise<void> {
  const descendants = await listDescendants(pid)
  for (const one of [pid, ...descendants.map((child) => child.pid)]) signal(one, 'SIGKILL')
}

/** Sends a signal to a process that may have ended. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended: nothing is left to tell it.
  }
}

async function listProcesses(): Promise<readonly Process[]> {
  const names = await readdir('/proc')
  const found = await Promise.all(names.filter((name) => /^\d+$/.test(name)).map(readProcess))
  return found.filter((one) => one !== undefined)
}

async function readProcess(name: string): Promise<Process | undefined> {
  try {
    const [status, command] = await Promise.all([
      readFile(`/proc/${name}/status`, 'utf8'),
      readFile(`/proc/${name}/cmdline`, 'utf8'),
    ])
    const parent = /^PPid:\s*(\d+)$/m.exec(status)?.[1]
    return { pid: Number(name), parent: Number(parent), command: command.replaceAll('\0', ' ') }
  } catch {
    // It has ended meanwhile.
    return undefined
  }
}
