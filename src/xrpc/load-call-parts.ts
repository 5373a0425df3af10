import type * as parts from './call-parts.ts'

/** What a usual call that goes well does not need. */
export type CallParts = typeof parts

/**
 * Gives it: at once where it is there, or as a page loads it.
 *
 * @throws NetworkError `unreachable`
 */
export type LoadCallParts = () => CallParts | Promise<CallParts>
