import { withoutRetry } from '../../errors/without-retry.ts'
import type { Storage } from '../storage.ts'
import { isRefusal } from './disk.ts'

/** The same storage, whose errors say what to do where the system refuses the directory as it is. */
export function advisedStorage(storage: Storage, directory: string): Storage {
  const fail = (error: unknown): never => {
    throw advise(error, directory)
  }
  return {
    get: (key) => storage.get(key).catch(fail),
    put: (key, value, options) => storage.put(key, value, options).catch(fail),
    delete: (key, options) => storage.delete(key, options).catch(fail),
    async *list(prefix) {
      try {
        yield* storage.list(prefix)
      } catch (error) {
        fail(error)
      }
    },
  }
}

function advise(error: unknown, directory: string): unknown {
  const found = ADVICE.find(({ codes }) => isRefusal(error, ...codes))
  if (!found || !(error instanceof Error)) return error
  // Windows also says so of a file that a virus scanner holds open, and that passes.
  if (found.codes.includes('EPERM') && process.platform === 'win32') return error
  return withoutRetry(error, found.action(directory))
}

const ADVICE: readonly { readonly codes: readonly string[]; readonly action: (directory: string) => string }[] = [
  {
    codes: ['EACCES', 'EPERM'],
    action: (directory) =>
      `let this process's user read and write ${directory} and what is in it, or name another directory, on a disk with hard links`,
  },
  {
    codes: ['EROFS'],
    action: (directory) => `name a directory that can be written: the file system of ${directory} is read-only`,
  },
  {
    codes: ['ENOTDIR'],
    action: (directory) =>
      `name a directory that is one: in ${directory}, or on the way to it, a file stands where a folder should`,
  },
]
