import { AtproofError } from '../errors/atproof-error.ts'

/** An error for one of several who wait for the same answer: what they add to theirs, the others do not see. */
export function copyError(error: unknown): unknown {
  if (!(error instanceof AtproofError)) return error
  const copy: Error = new Error(error.message)
  Object.defineProperties(copy, Object.getOwnPropertyDescriptors(error))
  // In some engines a getter, which shows where the copy was made.
  if (error.stack !== undefined) copy.stack = error.stack
  return Object.setPrototypeOf(copy, Object.getPrototypeOf(error))
}
