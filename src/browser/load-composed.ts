import type { LoadComposed } from '../xrpc/load-composed.ts'
import { loadPart } from './load-part.ts'

/** What is more than one call of JSON, as a page has it: loaded beside what keeps its sessions. */
export const loadComposed: LoadComposed = () => loadPart(import('../xrpc/composed-calls.ts'))
