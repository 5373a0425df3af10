import type { StorageProcess } from '../../../src/testing/storage-suite/storage-hooks.ts'

/** How long after a worker's end what it said before may still be on its way. */
const ECHO_MS = 400

/** What a worker is told first. */
export interface WorkerTask {
  readonly name: string
  readonly task: string
  /** The channel on which it says what it did, and null at its end. */
  readonly channel: string
}

/** Runs a task of the storage suite in a worker: another thread with a connection of its own, which can be ended anywhere. */
export function startTask(name: string, task: string): StorageProcess {
  const order: WorkerTask = { name, task, channel: crypto.randomUUID() }
  // Not by the worker's own messages: those that the page has not read yet are dropped when it is terminated.
  const channel = new BroadcastChannel(order.channel)
  const worker = new Worker('/worker.js', { type: 'module' })
  const lines: string[] = []
  let isOver = false
  let wake: (() => void) | undefined
  const end = () => {
    channel.close()
    isOver = true
    wake?.()
  }
  channel.addEventListener('message', ({ data }) => {
    if (typeof data !== 'string') return end()
    lines.push(`${data}\n`)
    wake?.()
  })
  worker.addEventListener('error', end)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name
  worker.postMessage(order)
  return {
    output: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          yield* lines.splice(0)
          if (isOver && lines.length === 0) return
          if (lines.length === 0) await new Promise<void>((resolve) => (wake = resolve))
        }
      },
    },
    kill() {
      worker.terminate()
      setTimeout(end, ECHO_MS)
    },
  }
}
