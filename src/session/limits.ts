import { DAY, MINUTE, SECOND } from '../http/clock.ts'

/** After this an attempt can no longer reach the server: a nonce lives at most 5 minutes. */
export const ATTEMPT_FENCE_MS: number = 6 * MINUTE
/** How long the answer to a refresh is waited for, before the same bytes are sent once more. */
export const REFRESH_TIMEOUT_MS: number = 20 * SECOND
/** A signed request that is older than this is not sent any more. */
export const SIGNATURE_LIFETIME_MS: number = 10 * SECOND
/** How long a process waits for the refresh of another. */
export const PENDING_WAIT_MS: number = 30 * SECOND
/** How often it looks, meanwhile; and how long it waits before it believes a refusal. */
export const PENDING_PAUSE_MS: number = SECOND
/** How often an account's issuer is asked for, and how long its last good answer stands. */
export const ISSUER_CHECK_EVERY_MS: number = 10 * MINUTE
export const ISSUER_CHECK_STANDS_MS: number = DAY
/** How long a public client's session can last: the specification's two weeks. */
export const PUBLIC_SESSION_MS: number = 14 * DAY
/** How long a tombstone stays. */
export const TOMBSTONE_MS: number = DAY
/** After this many lost puts in a row the storage is at fault, not somebody who is faster. */
export const MOST_LOST_PUTS = 20
/** For how long a process that could not store tokens is kept from ending, while it tries again. */
export const STORE_HOLD_MS: number = 30 * SECOND
/** The longest pause between two tries to store tokens. */
export const LONGEST_STORE_PAUSE_MS: number = MINUTE
/** A lookup of the issuer that takes longer than this in all has failed. */
export const ISSUER_CHECK_TIMEOUT_MS: number = 10 * SECOND
