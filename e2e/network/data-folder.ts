import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const NAME = /^atproof-network-(\d+)-/

/** Creates a folder that goes when this process ends, and removes those of processes that could not do so. */
export function createDataFolder(parent: string): string {
  removeLeftovers(parent)
  const folder = mkdtempSync(join(parent, `atproof-network-${process.pid}-`))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1]
    if (pid === undefined || isRunning(Number(pid))) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another user's, who has to remove it.
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    // Signal 0 is not sent, only checked.
    process.kill(pid, 0)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH')
  }
}
