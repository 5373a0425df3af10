import type { SessionInfo } from 'atproof'
import type { AppSettings } from './app-settings.ts'

/** How a test is told what the app in a page saw. All of it is JSON. */

/** What a promise of the app came to: a client, nobody, or an error. Undefined while it is awaited. */
export type Outcome =
  | { readonly kind: 'client'; readonly session: SessionInfo; readonly state?: string }
  | { readonly kind: 'nobody' }
  | ({ readonly kind: 'error' } & Failure)

/** An error, as far as an app goes by it. */
export interface Failure {
  readonly name: string
  readonly code?: string
  readonly reason?: string
  readonly state?: string
  readonly retryable?: boolean
  readonly message: string
}

/** What a call came to. */
export type CallResult = { readonly did: string } | Failure

/** What the app's service worker is asked for: a call of an account, or a blob for it. */
export interface WorkerOrder {
  readonly wish: 'call' | 'upload'
  /** As they are now. */
  readonly settings: AppSettings
  readonly sessionId: string
}

/** What the browser stores of a session, past the library. */
export interface StoredSession {
  readonly sessionId: string
  readonly accessToken: string
  readonly refreshToken: string
  readonly gen: number
  readonly hasAttempt: boolean
  /** All texts in the record. */
  readonly texts: readonly string[]
}

/** What the browser stores that signs. */
export interface StoredKeys {
  readonly keys: readonly StoredKey[]
  /** The names of all that is stored: a private key as JSON would have its `d`. */
  readonly names: readonly string[]
}

/** What a stored key allows. */
export interface StoredKey {
  readonly extractable: boolean
  /** What each way to export it came to. */
  readonly exports: readonly string[]
  /** Whether it signs all the same. */
  readonly signs: boolean
}

/** A message that some tab sent to the others. */
export interface Broadcast {
  readonly channel: string
  /** As JSON; whatever JSON does not know stands there by its kind. */
  readonly message: string
}
