import { createHook } from 'node:async_hooks'

/** WebCrypto jobs and file system requests: what can be under way while the event loop looks idle. */
const COUNTED = /REQUEST$|^FSREQ|^FILEHANDLECLOSEREQ$/

let isWatching = false
const pending = new Set<number>()

/** Starts to count the work of this process that runs off the main thread. Free to call again. */
export function watchPendingWork(): void {
  if (isWatching) return
  isWatching = true
  createHook({
    init: (id, type) => void (COUNTED.test(type) && pending.add(id)),
    after: (id) => void pending.delete(id),
    destroy: (id) => void pending.delete(id),
    // Following every promise would slow the whole process down, and none of them is counted.
    trackPromises: false,
  }).enable()
}

/** Whether work that was begun since {@link watchPendingWork} has not come back yet. */
export function hasPendingWork(): boolean {
  return pending.size > 0
}
