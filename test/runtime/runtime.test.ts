import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { checks, titlesWithoutDns } from './checks/checks.ts'
import { LEFTOVERS } from './checks/run-checks.ts'
import { runInChromium } from './runtimes/chromium.ts'
import { runInProcess } from './runtimes/process.ts'
import type { Run } from './runtimes/run.ts'
import { runInWorkerd } from './runtimes/workerd.ts'

interface Runtime {
  readonly name: string
  readonly run: Run
  /** It has DNS of its own, so that a client does not ask over HTTPS. */
  readonly hasDns?: boolean
  /** What it needs; optional, since not every machine has one. */
  readonly executable?: string
}

const NODE_22 = pathOf('node22/bin/node')
const BUN = pathOf('.bin/bun')
const DENO = pathOf('@deno/linux-x64-glibc/deno')
const DENO_FLAGS = ['run', '--no-remote', '--cached-only', '--no-lock', '--deny-net']

const RUNTIMES: readonly Runtime[] = [
  { name: `Node ${process.versions.node.split('.')[0]}`, run: runInProcess(process.execPath), hasDns: true },
  { name: 'Node 22', run: runInProcess(NODE_22), hasDns: true, executable: NODE_22 },
  { name: 'Bun', run: runInProcess(BUN), executable: BUN },
  { name: 'Deno', run: runInProcess(DENO, DENO_FLAGS), executable: DENO },
  { name: 'workerd', run: runInWorkerd },
  { name: 'Chromium', run: runInChromium },
]

describe.each(RUNTIMES)('in $name', ({ run, hasDns, executable }) => {
  const isMissing = executable !== undefined && !existsSync(executable)
  const titles = Object.keys(checks).filter((title) => !hasDns || !titlesWithoutDns.includes(title))
  let results: Awaited<ReturnType<Run>>

  beforeAll(async () => {
    if (!isMissing) results = await run(titles)
  })

  test.skipIf(isMissing).each([...titles, LEFTOVERS])('%s', (title) => {
    expect(results[title]).toBe('passed')
  })
})

test.runIf(process.platform === 'linux' && process.arch === 'x64')('no runtime is missing', () => {
  const executables = RUNTIMES.flatMap(({ executable }) => executable ?? [])
  expect(executables.filter((path) => !existsSync(path))).toEqual([])
})

function pathOf(file: string): string {
  return fileURLToPath(new URL(`runtimes/node_modules/${file}`, import.meta.url))
}
