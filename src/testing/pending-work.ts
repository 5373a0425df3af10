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
let steps = 0
let unwraps: (() => void)[] = []

/** Counts the jobs of WebCrypto from now on, by wrapping its methods. Returns the way to stop: the last one unwraps them. */
export function watchPendingWork(): () => void {
  if (watchers === 0) unwraps = JOBS.map(wrap)
  watchers += 1
  let isWatching = true
  return () => {
    if (!isWatching) return
    isWatching = false
    watchers -= 1
    if (watchers > 0) return
    for (const unwrap of unwraps) unwrap()
    pending.clear()
  }
}

/**
 * Says that something went on which takes turns of the event loop to follow up: a browser hands over each chunk of a
 * body in a task of its own, and whoever reads many bodies would look idle in between.
 */
export function noteStep(): void {
  steps += 1
}

/** How often {@link noteStep} was called: a number to compare with. */
export function countSteps(): number {
  return steps
}

/** Whether WebCrypto is at work on what it was asked since {@link watchPendingWork}. */
export function hasPendingWork(): boolean {
  return pending.size > 0
}

/** Puts a method before the one that is there, and returns the way back. */
function wrap(name: (typeof JOBS)[number]): () => void {
  const { subtle } = crypto
  const before = Object.getOwnPropertyDescriptor(subtle, name)
  const run = subtle[name] as (...input: unknown[]) => Promise<unknown>
  const value = (...input: unknown[]): Promise<unknown> => {
    const job = run.apply(subtle, input)
    if (watchers === 0) return job
    const end = () => void pending.delete(job)
    pending.add(job)
    job.then(end, end)
    return job
  }
  Object.defineProperty(subtle, name, { configurable: true, writable: true, value })
  return () => {
    // Whoever put a method of theirs over ours keeps it.
    if (Object.getOwnPropertyDescriptor(subtle, name)?.value !== value) return
    if (before) Object.defineProperty(subtle, name, before)
    // The method of the class is what was there.
    else Reflect.deleteProperty(subtle, name)
  }
}
