import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('measure.ts', import.meta.url))
const KIB = 1024
const MIB = 1024 * KIB
const TIMEOUT_MS = 120_000

/** Measures in a process of its own, whose garbage is collected when it says so. */
async function measure(...what: readonly string[]): Promise<number> {
  const options = ['--expose-gc', '--conditions=atproof-source', PROGRAM, ...what]
  const { stdout } = await promisify(execFile)(process.execPath, options)
  return Number.parseFloat(stdout)
}

test.each([['json'], ['crypto-keys']])(
  'keeps a restored session in less than 2 KB beyond its text: %s',
  async (kind) => {
    const [some, twice] = await Promise.all([
      measure('restored', '10000', kind),
      measure('restored', '20000', kind),
    ])
    expect(some).toBeGreaterThan(0)
    expect(some).toBeLessThan(2 * KIB)
    expect(twice).toBeLessThan(1.1 * some)
  },
  TIMEOUT_MS,
)

test(
  'keeps nothing of a hundred thousand sessions that came and went',
  async () => {
    expect(await measure('passing', '100000', 'json')).toBeLessThan(MIB)
  },
  TIMEOUT_MS,
)

test(
  'keeps nothing of six thousand sessions that came, called and went',
  async () => {
    expect(await measure('calling', '6000', 'json')).toBeLessThan(MIB)
  },
  TIMEOUT_MS,
)

test(
  'keeps the keys of the last thousand sessions that were used, whoever holds the others',
  async () => {
    expect(await measure('keys', '3000', 'json')).toBe(1000)
  },
  TIMEOUT_MS,
)
