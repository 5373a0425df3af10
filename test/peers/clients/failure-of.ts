import { expect } from 'vitest'

/** Why something failed, which it has to. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable('it was answered'),
    (error: unknown) => error,
  )
}

/** A failure, and what it says it comes from. */
export function causesOf(failure: unknown): unknown[] {
  return failure instanceof Error ? [failure, ...causesOf(failure.cause)] : []
}
