import { StorageError } from '../errors.ts'
import type { Storage } from './storage.ts'

/**
 * The same storage, whose failures are {@link StorageError}s. A failed writing leaves its outcome unknown: whoever must
 * know reads again.
 */
export function checkedStorage(storage: Storage): Storage {
  return {
    ...(storage.keepsCryptoKeys && { keepsCryptoKeys: true as const }),
    get: (key) => attempt('read_failed', () => storage.get(key)),
    put: (key, value, options) => attempt('write_failed', () => storage.put(key, value, options)),
    delete: (key, options) => attempt('write_failed', () => storage.delete(key, options)),
    async *list(prefix) {
      try {
        yield* storage.list(prefix)
      } catch (cause) {
        throw asStorageError('read_failed', cause)
      }
    },
  }
}

async function attempt<T>(code: 'read_failed' | 'write_failed', run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    throw asStorageError(code, cause)
  }
}

function asStorageError(code: 'read_failed' | 'write_failed', cause: unknown): StorageError {
  return cause instanceof StorageError ? cause : new StorageError(code, { cause: withoutValues(cause) })
}

/** What a driver says of a failure, without what it was given: some attach the query with all that is in it. */
function withoutValues(cause: unknown): unknown {
  if (!(cause instanceof Error)) return undefined
  const bare = new Error(cause.message)
  bare.name = cause.name
  return 'code' in cause ? Object.assign(bare, { code: cause.code }) : bare
}
