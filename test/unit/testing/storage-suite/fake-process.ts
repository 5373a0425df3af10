import type { Storage } from 'atproof'
import { runStorageTask, type StorageProcess } from 'atproof/testing'

/** A process that is none: its storage stops answering when it is killed, in the middle of whatever it does. */
export function fakeProcess(open: (isAlive: () => boolean) => Storage, task: string): StorageProcess {
  let isAlive = true
  let isAtWork = true
  const lines: string[] = []
  let wake: (() => void) | undefined
  const end = () => {
    isAtWork = false
    wake?.()
  }
  const kill = () => {
    isAlive = false
    end()
  }
  const print = (line: string) => {
    if (!isAlive) return
    lines.push(`${line}\n`)
    wake?.()
  }
  void runStorageTask(
    open(() => isAlive),
    task,
    print,
  ).finally(end)
  return { output: output(), kill }

  async function* output(): AsyncGenerator<string> {
    for (;;) {
      const line = lines.shift()
      if (line !== undefined) yield line
      else if (!isAtWork) return
      else await new Promise<void>((resolve) => (wake = resolve))
    }
  }
}

/** A storage as a process has it: each step takes a moment, and none ends once it is killed. */
export function mortal(inner: Storage, isAlive: () => boolean): Storage {
  const live = async <T>(step: () => Promise<T>): Promise<T> => {
    await turnUnlessDead(isAlive)
    const result = await step()
    await turnUnlessDead(isAlive)
    return result
  }
  return {
    get: (key) => live(() => inner.get(key)),
    put: (key, value, options) => live(() => inner.put(key, value, options)),
    delete: (key, options) => live(() => inner.delete(key, options)),
    list: (prefix) => inner.list(prefix),
  }
}

function turnUnlessDead(isAlive: () => boolean): Promise<void> {
  return new Promise((resolve) => setImmediate(() => isAlive() && resolve()))
}
