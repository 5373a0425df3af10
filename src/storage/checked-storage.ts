import { type Clock, systemClock } from '../http/clock.ts'
import { explainFailure } from './explain-failure.ts'
import type { Storage } from './storage.ts'
import { timedStorage } from './timed-storage.ts'

/**
 * The same storage, whose failures are `StorageError`s. A failed writing leaves its outcome unknown: whoever must know
 * reads again.
 */
export function checkedStorage(storage: Storage, clock: Clock = systemClock): Storage {
  return timedStorage(storage, clock, explainFailure)
}
