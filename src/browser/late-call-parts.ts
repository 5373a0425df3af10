import type { CallParts, LoadCallParts } from '../xrpc/load-call-parts.ts'
import { loadPart } from './load-part.ts'

/**
 * What a usual call that goes well does not need, as a page has it: loaded from now on, and kept. Where it could not be
 * loaded, whoever needs it asks again, and is told.
 */
export function lateCallParts(): LoadCallParts {
  let parts: CallParts | undefined
  const load = async () => (parts ??= await loadPart(import('./call-parts.ts')))
  load().catch(() => {})
  return () => parts ?? load()
}
