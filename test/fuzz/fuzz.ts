import * as fc from 'fast-check'
import { createContext, Script } from 'node:vm'
import { test } from 'vitest'
import { FACTOR, LONGEST_MS, PATH, SEED } from './cases.ts'

declare module 'vitest' {
  interface TaskMeta {
    /** How many generated cases a test ran. */
    cases?: number
  }
}

const TIMEOUT = 'ERR_SCRIPT_EXECUTION_TIMEOUT'

/** What ends code that never waits, a regular expression too: a script with a time limit. */
const HANG_GUARD = new Script('run()')

/**
 * Runs a property of something that waits on nothing, and ends it where a case never comes to an end.
 *
 * @param cases how many, of the usual number in all
 */
export function fuzz<T>(
  title: string,
  cases: number,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => void,
): void {
  test(title, { timeout: LONGEST_MS * 2 }, ({ task }) => {
    let latest: T | undefined
    const property = fc.property(arbitrary, (value) => {
      latest = value
      holds(value)
    })
    const run = () => {
      task.meta.cases = countCases(title, fc.check(property, parameters(cases)))
    }
    try {
      HANG_GUARD.runInContext(createContext({ run }), { timeout: LONGEST_MS })
    } catch (cause) {
      if (!isTimeout(cause)) throw cause
      const value = shorten(fc.stringify(latest))
      throw new Error(`no end after ${LONGEST_MS} ms, seed ${SEED}, with ${value}`, { cause })
    }
  })
}

/** Runs a property of something that waits. */
export function fuzzAsync<T>(
  title: string,
  cases: number,
  arbitrary: fc.Arbitrary<T>,
  holds: (value: T) => Promise<void>,
): void {
  test(title, { timeout: LONGEST_MS * 2 }, async ({ task }) => {
    const property = fc.asyncProperty(arbitrary, async (value) => {
      await holds(value)
    })
    task.meta.cases = countCases(title, await fc.check(property, parameters(cases)))
  })
}

function parameters(cases: number) {
  const numRuns = Math.ceil(cases * FACTOR)
  return {
    seed: SEED,
    numRuns,
    ...(PATH !== undefined && { path: PATH }),
    interruptAfterTimeLimit: LONGEST_MS,
    markInterruptAsFailure: true,
  }
}

/** How many cases were run, where all of them held. */
function countCases<T>(title: string, details: fc.RunDetails<T>): number {
  if (!details.failed) return details.numRuns
  const { seed, counterexamplePath, errorInstance: cause } = details
  // A pattern to the test runner, to which brackets mean something else.
  const name = title.replace(/^(?:\[\w+\] )+/, '')
  const again = `FUZZ_SEED=${seed} FUZZ_PATH=${counterexamplePath ?? '0'} npm run fuzz -- -t '${name}'`
  const facts = shorten(fc.defaultReportMessage(details) ?? '')
  throw new Error(`${facts}\n\nThe same case again: ${again}`, { cause })
}

function shorten(text: string): string {
  return text.length > 4000 ? `${text.slice(0, 4000)}…` : text
}

function isTimeout(error: unknown): boolean {
  // Made by the script's own context, so that it is no Error of this one.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === TIMEOUT
}
