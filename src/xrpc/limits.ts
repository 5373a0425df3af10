import { SECOND } from '../http/clock.ts'

/** How long a call may take, and how much of its answer is read. */
export const CALL_TIMEOUT_MS: number = 60 * SECOND
export const MAX_RESPONSE_BYTES: number = 16 * 1024 * 1024
