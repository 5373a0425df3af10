import type { EndReason } from '../errors/session-error.ts'

/** What happened to a session, as this process came to know of it. Never holds a token, a code, a verifier, a nonce or a key. */
export type AtproofEvent = {
  readonly sessionId: string
  readonly did: string
} & Happening

/** What an event tells, but for whose session it is. */
export type Happening =
  /** A person signed in; `isAgain` where it was the way back into a session that there was. */
  | { readonly type: 'signed_in'; readonly isAgain: boolean }
  /** This process is about to spend a refresh token. */
  | { readonly type: 'refresh_begun' }
  /** A refresh brought new tokens, which are in use from now on. */
  | { readonly type: 'refreshed' }
  /** Another process had refreshed, or signed in again: its tokens were taken over. */
  | { readonly type: 'refresh_adopted' }
  /** Another process refreshes: its tokens are waited for. */
  | { readonly type: 'refresh_awaited' }
  /** The answer to a refresh did not arrive: whether the server acted is not known. */
  | { readonly type: 'refresh_unanswered' }
  /** An attempt stands in the record: another process refreshes, or died over it. Told once for each attempt. */
  | { readonly type: 'uncertain' }
  /** New tokens stand in the storage. */
  | { readonly type: 'stored' }
  /** The new tokens are in memory only; storing them is tried again. */
  | { readonly type: 'store_failed'; readonly error: unknown }
  /** The session needs its person again, as this process found or another one wrote. */
  | { readonly type: 'ended'; readonly reason: EndReason }
  /** The session was signed out, here or by another process. */
  | { readonly type: 'signed_out' }
  /** A record that cannot be read: of a newer version, or not one of ours. */
  | { readonly type: 'unreadable'; readonly error: unknown }
  /** A server wanted its newest nonce; the request was signed anew and sent once more. */
  | { readonly type: 'nonce_retried'; readonly origin: string }
  /** A success of a server lacked `DPoP-Nonce`, and was taken all the same. Told once for each origin. */
  | { readonly type: 'nonce_missing'; readonly origin: string }
  /** A server's clock is off by this much, in ms. */
  | { readonly type: 'clock_offset_learned'; readonly origin: string; readonly offsetMs: number }
