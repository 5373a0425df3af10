/** What WebCrypto can do: each is work off the main thread, while the event loop looks idle. */
const JOBS = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
] as const

// Of the runtime, not of a network: there is one WebCrypto, and whoever watches it watches all of it.
const pending = new Set<Promise<unknown>>()
let watchers = 0

/** Counts the jobs of WebCrypto from now on, by wrapping its methods. Returns the way to stop, which unwraps them. */
export function watchPendingWork(): () => void {
  if (watchers === 0) for (const name of JOBS) wrap(name)
  watchers += 1
  let isWatching = true
  return () => {
    if (!isWatching) return
    isWatching = false
    watchers -= 1
    if (watchers > 0) return
    for (const name of JOBS) Reflect.deleteProperty(crypto.subtle, name)
    pending.clear()
  }
}

/** Whether WebCrypto is at work on what it was asked since {@link watchPendingWork}. */
export function hasPendingWork(): boolean {
  return pending.size > 0
}

function wrap(name: (typeof JOBS)[number]): void {
  const run = crypto.subtle[name] as (...input: unknown[]) => Promise<unknown>
  const value = (...input: unknown[]): Promise<unknown> => {
    const job = run.apply(crypto.subtle, input)
    const end = () => void pending.delete(job)
    pending.add(job)
    job.then(end, end)
    return job
  }
  // On the object, before the method of its class, so that taking it away brings that back.
  Object.defineProperty(crypto.subtle, name, { configurable: true, writable: true, value })
}
