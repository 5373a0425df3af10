import { DAY, MINUTE, SECOND } from '../http/clock.ts'
import { REQUEST_TIMEOUT_MS } from '../http/exchange.ts'

/** How long DNS is waited for. */
export const DNS_TIMEOUT_MS: number = 3 * SECOND
/** How long a handle's own host is waited for, its redirects and its answer included. */
export const HANDLE_HOST_TIMEOUT_MS: number = 5 * SECOND
/** No lookup takes longer than this: one request, or several of a handle's own host. */
export const LONGEST_QUESTION_MS: number = REQUEST_TIMEOUT_MS
/** How many redirects of a handle's own host are followed. */
export const MOST_HANDLE_REDIRECTS = 5
/** With `_atproto.` before it a longer handle is no domain name any more: only its host is asked. */
export const LONGEST_HANDLE_IN_DNS = 244
/** The longest text that is looked into as a handle, a DID or a URL, in characters. */
export const LONGEST_IDENTIFIER = 4096

/** The largest answer that holds a DID and nothing else. */
export const MAX_DID_TEXT_BYTES: number = 4 * 1024
/** The largest DID document, and the largest metadata of a server. */
export const MAX_DOCUMENT_BYTES: number = 256 * 1024
/** The largest answer of DNS over HTTPS. */
export const MAX_DNS_ANSWER_BYTES: number = 64 * 1024

/** How old an answer about an account may be in a sign-in: younger than this. */
export const SIGN_IN_IDENTITY_AGE_MS: number = 10 * MINUTE
/** How old it may be for every other use. */
export const IDENTITY_AGE_MS: number = DAY
/** How old a server's metadata may be: younger than this. */
export const METADATA_AGE_MS: number = 10 * MINUTE
/** How old the answer that there is nothing, or nothing valid, may be. */
export const REFUSAL_AGE_MS: number = 5 * MINUTE
/** How old a server's metadata may be in a sign-in while the server fails. */
export const LAST_GOOD_METADATA_AGE_MS: number = DAY
/** How long a sign-in that has such metadata waits for newer one. */
export const LAST_GOOD_WAIT_MS: number = 2 * SECOND

/** How many handles, DID documents and servers are remembered, of each kind. */
export const MOST_REMEMBERED = 1000
/** A larger document is used and not remembered, so that strangers cannot fill the memory. In characters. */
export const LARGEST_REMEMBERED: number = 16 * 1024
/** The longest that a server which fails is left alone, where it asks for longer by `Retry-After`. */
export const LONGEST_SERVER_PAUSE_MS: number = 10 * MINUTE
