/** What an app's runtime offers for work that goes on after an answer was given. */
export interface Lifetime {
  /** Keeps the runtime alive until the promise is settled, where a runtime would otherwise stop. */
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined
}

/** Asks the runtime to stay for work that must not be cut off. A hook that throws changes nothing. */
export function keepAlive({ waitUntil }: Lifetime, work: Promise<unknown>): void {
  const settled = work.catch(() => {}) // whoever waits for the work meets its failure there
  callHook(() => waitUntil?.(settled))
}

/** Calls what an app gave. Its mistake must not end a session, nor the process: an async hook fails later. */
export function callHook(call: () => unknown): void {
  new Promise((resolve) => resolve(call())).catch(() => {})
}
