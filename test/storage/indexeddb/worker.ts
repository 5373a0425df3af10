// A worker of the suite. Says on a channel what it did, and null at its end.
import { indexedDbStorage } from '../../../src/storage/indexeddb.ts'
import { runStorageTask } from '../../../src/testing/storage-suite/run-storage-task.ts'
import type { WorkerTask } from './start-task.ts'

addEventListener('message', ({ data }: MessageEvent<WorkerTask>) => {
  const channel = new BroadcastChannel(data.channel)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has no origin to name
  const say = (what: string | null) => channel.postMessage(what)
  runStorageTask(indexedDbStorage({ name: data.name }), data.task, say).finally(() => say(null))
})
