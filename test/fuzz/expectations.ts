import { expect } from 'vitest'
import { AtproofError } from '../../src/errors.ts'

/** What a parser made of something: a value, or one of our errors. Anything else that it throws fails the test. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: AtproofError }

/** Runs a parser that may refuse only with an error of ours. */
export function outcomeOf<Value>(parse: () => Value): Outcome<Value> {
  try {
    return { value: parse() }
  } catch (error) {
    return { error: ours(error) }
  }
}

/** Runs a parser that waits and may refuse only with an error of ours. */
export async function outcomeOfAsync<Value>(parse: () => Promise<Value>): Promise<Outcome<Value>> {
  try {
    return { value: await parse() }
  } catch (error) {
    return { error: ours(error) }
  }
}

function ours(error: unknown): AtproofError {
  if (!(error instanceof AtproofError)) throw error
  return error
}

/** Generous by orders of magnitude: what takes two seconds on a megabyte is not linear. */
const LONGEST_CASE_MS = 2000

/** Runs something that must take no longer than reading its input takes. Time that others had the processor is not counted. */
export function expectQuick(run: () => void): void {
  const began = process.threadCpuUsage()
  run()
  const { user, system } = process.threadCpuUsage(began)
  expect((user + system) / 1000).toBeLessThan(LONGEST_CASE_MS)
}
