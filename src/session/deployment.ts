import { callHook } from '../flow/keep-alive.ts'
import type { Setup } from '../flow/setup.ts'
import type { Storage } from '../storage/storage.ts'
import type { AtproofEvent } from './events.ts'

/** A client as it runs here: its setup, and the hooks of its app. */
export interface Deployment extends Setup {
  /** The storage as the app gave it: several clients over the same one share what they know. */
  readonly rawStorage: Storage
  readonly onEvent: ((event: AtproofEvent) => void) | undefined
}

/** Tells the app. A hook that throws changes nothing. */
export function report({ onEvent }: Deployment, event: AtproofEvent): void {
  if (onEvent) callHook(() => onEvent(event))
}
