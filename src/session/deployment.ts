import type { Setup } from '../flow/setup.ts'
import type { Storage } from '../storage/storage.ts'
import type { AtproofEvent } from './events.ts'

/** A client as it runs here: its setup, and the hooks of its app. */
export interface Deployment extends Setup {
  /** The storage as the app gave it: several clients over the same one share what they know. */
  readonly rawStorage: Storage
  readonly onEvent: ((event: AtproofEvent) => void) | undefined
  /** Keeps the runtime alive until the promise is settled, where a runtime would otherwise stop. */
  readonly waitUntil: ((promise: Promise<unknown>) => void) | undefined
}

/** Tells the app. A hook that throws changes nothing. */
export function report({ onEvent }: Deployment, event: AtproofEvent): void {
  callHook(() => onEvent?.(event))
}

/** Asks the runtime to stay for work that must not be cut off. A hook that throws changes nothing. */
export function keepAlive({ waitUntil }: Deployment, work: Promise<unknown>): void {
  const settled = work.catch(() => {}) // whoever waits for the work meets its failure there
  callHook(() => waitUntil?.(settled))
}

/** The app's own mistake must not end a session, nor the process: an async hook fails later. */
function callHook(call: () => unknown): void {
  new Promise((resolve) => resolve(call())).catch(() => {})
}
