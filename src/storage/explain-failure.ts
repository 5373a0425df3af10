import { StorageError } from '../errors/storage-error.ts'
import { conceal, SHORTEST_SECRET } from '../syntax/conceal.ts'
import { hasShape, isBoolean, isText, type Shape } from '../syntax/shape.ts'
import type { StoredValue } from './storage.ts'

/**
 * What a storage's failure says: what its driver did, without what it was given, and what to do about it where the
 * engine knows.
 */
export function explainFailure(
  code: 'read_failed' | 'write_failed',
  cause: unknown,
  value: StoredValue | undefined,
): StorageError {
  const values = textsIn(value)
  const bare = withoutValues(cause, values)
  return new StorageError(code, {
    cause: bare,
    detail: bare && (bare.message || bare.name),
    ...adviceOf(cause, values),
  })
}

interface Advice {
  readonly action: string
  readonly retryable: boolean
}

const ADVICE: Shape<Advice> = { action: isText, retryable: isBoolean }

/** What an engine says to do about its failure, and whether trying again can help. Most failures say nothing of it. */
function adviceOf(cause: unknown, values: readonly string[]): Advice | undefined {
  if (!hasShape<Advice>(cause, ADVICE)) return undefined
  return { action: conceal(cause.action, values), retryable: cause.retryable }
}

/** The texts of a value that may be secrets. */
function textsIn(value: StoredValue | undefined): readonly string[] {
  const texts: string[] = []
  const collect = (part: unknown): void => {
    if (typeof part === 'string' && part.length >= SHORTEST_SECRET) texts.push(part)
    if (typeof part === 'object' && part !== null) for (const inner of Object.values(part)) collect(inner)
  }
  collect(value)
  return texts
}

/** What a driver says of a failure, without what it was given: some attach the query with all that is in it. */
function withoutValues(cause: unknown, values: readonly string[]): Error | undefined {
  if (!(cause instanceof Error)) return undefined
  const bare = new Error(conceal(cause.message, values))
  bare.name = cause.name
  return 'code' in cause ? Object.assign(bare, { code: cause.code }) : bare
}
