import type { EndReason } from '../errors.ts'

/** What happened to a session. Never holds a token, a code, a verifier or a key. */
export type AtproofEvent = {
  readonly sessionId: string
  readonly did: string
} & (
  | { readonly type: 'refresh_begun' }
  | { readonly type: 'refreshed' }
  /** Another process had refreshed: its tokens were taken over. */
  | { readonly type: 'refresh_adopted' }
  /** The answer to a refresh did not arrive: whether the server acted is not known. */
  | { readonly type: 'refresh_unanswered' }
  /** The new tokens are in memory only; storing them is tried again. */
  | { readonly type: 'store_failed'; readonly error: unknown }
  | { readonly type: 'stored' }
  | { readonly type: 'ended'; readonly reason: EndReason }
  | { readonly type: 'signed_out' }
  /** A record that cannot be read: of a newer version, or not one of ours. */
  | { readonly type: 'unreadable'; readonly error: unknown }
  /** A server's clock is off by this much, in ms. */
  | { readonly type: 'clock_offset_learned'; readonly origin: string; readonly offsetMs: number }
)
