import { StorageError } from '../errors.ts'
import { type Clock, MINUTE, systemClock } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import { conceal, SHORTEST_SECRET } from '../syntax/conceal.ts'
import { hasShape, isBoolean, isText, type Shape } from '../syntax/shape.ts'
import type { Storage, StoredValue } from './storage.ts'

/** A reading or writing that takes longer than this has failed: one that is never answered must not hold a session up. */
export const STORAGE_TIMEOUT_MS: number = 2 * MINUTE

/**
 * The same storage, whose failures are {@link StorageError}s. A failed writing leaves its outcome unknown: whoever must
 * know reads again.
 */
export function checkedStorage(storage: Storage, clock: Clock = systemClock): Storage {
  return {
    ...(storage.keepsCryptoKeys && { keepsCryptoKeys: true as const }),
    get: (key) => attempt(clock, 'read_failed', () => storage.get(key)),
    put: (key, value, options) => attempt(clock, 'write_failed', () => storage.put(key, value, options), value),
    delete: (key, options) => attempt(clock, 'write_failed', () => storage.delete(key, options)),
    async *list(prefix) {
      const begin = async () => storage.list(prefix)[Symbol.asyncIterator]()
      const keys = await attempt(clock, 'read_failed', begin)
      try {
        for (;;) {
          const next = await attempt(clock, 'read_failed', () => keys.next())
          if (next.done) return
          yield next.value
        }
      } finally {
        // Not waited for: where `next` hangs, this does too.
        keys.return?.().catch(() => {})
      }
    },
  }
}

async function attempt<T>(
  clock: Clock,
  code: 'read_failed' | 'write_failed',
  run: () => Promise<T>,
  value?: StoredValue,
): Promise<T> {
  const onTimeout = () => new StorageError(code, { expected: `an answer in ${STORAGE_TIMEOUT_MS} ms` })
  try {
    return await withDeadline(clock, { timeoutMs: STORAGE_TIMEOUT_MS, onTimeout }, run)
  } catch (cause) {
    throw asStorageError(code, cause, value)
  }
}

function asStorageError(
  code: 'read_failed' | 'write_failed',
  cause: unknown,
  value: StoredValue | undefined,
): StorageError {
  if (cause instanceof StorageError) return cause
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
