import type { StoredValue } from '../../storage/storage.ts'

/** Every so many steps of a process that writes one entry, it deletes it. */
export const WRITES_A_DELETE = 5
/** So large that it does not fit into one page or packet. */
const FILLER = 'atproof '.repeat(1000)

/** What a step puts: it cannot be half there without being seen. */
export function stepValue(step: number): StoredValue {
  return { step, filler: FILLER, end: step }
}

/** Which step put a value; 0 for none, NaN for one that is not whole. */
export function stepOf(value: StoredValue | undefined): number {
  if (value === undefined) return 0
  const { step, filler, end } = Object(value) as { step?: unknown; filler?: unknown; end?: unknown }
  return typeof step === 'number' && step === end && filler === FILLER ? step : Number.NaN
}
