// Apart from those of refreshing, so that a page begins without them.
import { MINUTE, SECOND } from '../http/clock.ts'

/** How long before its end an access token is refreshed, where it lives for 20 minutes or more; else a tenth of its life. */
export const EARLY_MS: number = 6 * MINUTE
export const LONG_LIFETIME_MS: number = 20 * MINUTE
/** How long calls wait for a refresh that is only early, from its beginning. */
export const EARLY_WAIT_MS: number = 5 * SECOND
/** The answer to a revocation is not waited for longer than this, so that signing out never hangs. */
export const REVOCATION_TIMEOUT_MS: number = 10 * SECOND
