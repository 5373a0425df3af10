import { HOUR, SECOND } from '../http/clock.ts'

/** How long the way to the consent page may take in all. */
export const AUTHORIZE_TIMEOUT_MS: number = 30 * SECOND
/** How long the way from the callback to the session may take in all. */
export const CALLBACK_TIMEOUT_MS: number = 30 * SECOND
/** How long a remote signer may take for one assertion. */
export const SIGNER_TIMEOUT_MS: number = 10 * SECOND
/** How long the person may take at the consent page. */
export const SIGN_IN_LIFETIME_MS: number = HOUR
/** How long it is remembered that a callback was spent: longer than its sign-in could have lived. */
export const SPENT_LIFETIME_MS: number = 2 * HOUR

/** The longest callback that is read, in characters. */
export const LONGEST_CALLBACK: number = 16 * 1024
/** The longest sealed context, in characters: what a browser keeps in a cookie, less the cookie's own name. */
export const LONGEST_SEALED_CONTEXT = 3800
/** The largest `state` of an app that a sealed context carries, as JSON. */
export const MAX_SEALED_STATE_BYTES = 1024
/** The largest client metadata: servers need not read more, and a draft of OAuth tells them not to (Client ID Metadata Document §6.6). */
export const MAX_CLIENT_METADATA_BYTES = 5000
/** The largest answer of an authorization server that is read. */
export const MAX_SERVER_ANSWER_BYTES: number = 256 * 1024
