import { StorageError } from '../errors/storage-error.ts'
import { type Clock, MINUTE } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import type { Storage, StoredValue } from './storage.ts'

/** A reading or writing that takes longer than this has failed: one that is never answered must not hold a session up. */
export const STORAGE_TIMEOUT_MS: number = 2 * MINUTE

/** Says of a failure what is to be known of it, without what was to be written. */
export type Explain = (
  code: FailureCode,
  cause: unknown,
  value: StoredValue | undefined,
) => StorageError | Promise<StorageError>

type FailureCode = 'read_failed' | 'write_failed'

/** A storage whose failures are {@link StorageError}s, and which is not waited for for ever. */
export function timedStorage(storage: Storage, clock: Clock, explain: Explain): Storage {
  const attempt = async <T>(code: FailureCode, run: () => Promise<T>, value?: StoredValue): Promise<T> => {
    const onTimeout = () => new StorageError(code, { expected: `an answer in ${STORAGE_TIMEOUT_MS} ms` })
    try {
      return await withDeadline(clock, { timeoutMs: STORAGE_TIMEOUT_MS, onTimeout }, run)
    } catch (cause) {
      throw cause instanceof StorageError ? cause : await explain(code, cause, value)
    }
  }
  return {
    ...(storage.keepsCryptoKeys && { keepsCryptoKeys: true as const }),
    get: (key) => attempt('read_failed', () => storage.get(key)),
    put: (key, value, options) => attempt('write_failed', () => storage.put(key, value, options), value),
    delete: (key, options) => attempt('write_failed', () => storage.delete(key, options)),
    async *list(prefix) {
      let keys: AsyncIterator<string> | undefined
      const step = async () => (keys ??= storage.list(prefix)[Symbol.asyncIterator]()).next()
      try {
        for (;;) {
          const next = await attempt('read_failed', step)
          if (next.done) return
          yield next.value
        }
      } finally {
        // Not waited for: where `next` hangs, this does too.
        keys?.return?.().catch(() => {})
      }
    },
  }
}
