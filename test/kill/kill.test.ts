import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { isJsonObject } from '../../src/syntax/shape.ts'
import { ENGINES } from './start-engine.ts'

const PROGRAM = fileURLToPath(new URL('run.ts', import.meta.url))
const SEED = '20260101'
/** Passwords go through the same engines: beside OAuth on one of them. */
const SESSIONS = { file: 'both', redis: 'oauth', postgres: 'oauth' } as const

for (const engine of ENGINES) {
  const title = `[R13] [R15] [R20] [R24] [R25] [R26] loses no session (${SESSIONS[engine]}) over ${engine} to kills, pauses and lost answers`
  test.concurrent(title, { timeout: 180_000 }, async () => {
    const options = ['--engine', engine, '--kills', '25', '--seed', SEED, '--sessions', SESSIONS[engine], '--json']
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=atproof-source', '--no-warnings', PROGRAM, ...options],
      { maxBuffer: 2 ** 26 },
    )
    const report: unknown = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '')
    expect(isJsonObject(report) && report).toMatchObject({
      engine,
      seed: Number(SEED),
      failures: 0,
      violations: [],
    })
    // Otherwise nothing was proved.
    expect(report).toMatchObject({
      kills: expect.toSatisfy((kills: number) => kills >= 25),
      signInsByClient:
        SESSIONS[engine] === 'both' ? { password: expect.toSatisfy((count: number) => count > 3) } : {},
      tokensRefreshed: expect.toSatisfy((count: number) => count > 10),
      sessionsVerified: expect.toSatisfy((count: number) => count > 3),
    })
  })
}
