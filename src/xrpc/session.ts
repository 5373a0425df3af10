import type { EndReason } from '../errors/session-error.ts'
import type { Did } from '../syntax/did.ts'
import type { RequestBody } from '../syntax/platform.ts'

/** A request on its way to the session's server. */
export interface XrpcRequest {
  readonly method: string
  /** A path on the session's server: `/xrpc/<nsid>?…`. */
  readonly path: string
  readonly headers: Headers
  /** Makes the body, once for each sending. */
  readonly body: (() => RequestBody | Promise<RequestBody>) | undefined
  /** Whether `body` can be called more than once. */
  readonly isRepeatable: boolean
  readonly signal: AbortSignal
}

/** An answer, and the session as it is after it. */
export interface Sent<D extends Did | undefined> {
  readonly response: Response
  readonly session: Session<D>
  /** Takes out of a text what the request was authorised with, should the server have repeated it. */
  readonly conceal?: (text: string) => string
}

/**
 * On whose behalf requests are sent: an OAuth session, an app password's, or nobody at all. An immutable value: what
 * has changed since is in the session that comes back.
 */
export interface Session<D extends Did | undefined = Did> {
  readonly did: D
  readonly info: SessionInfoOf<D>
  /** Sends a request with this session's authority, to this session's server and nowhere else. */
  send(request: XrpcRequest): Promise<Sent<D>>
  /** Refreshes the session's tokens now. */
  refresh(options: { readonly signal?: AbortSignal | undefined }): Promise<Session<D>>
}

/** What a client's `session` is: nothing where there is no account. */
export type SessionInfoOf<D extends Did | undefined> = D extends Did ? SessionInfo : undefined

/** What can be known of a session without its secrets. */
export interface SessionInfo {
  /** Opaque. Names the session to `restore` and `revoke`. */
  readonly sessionId: string
  readonly did: Did
  /** The handle at sign-in, proved both ways then; undefined where the account had none. */
  readonly handle: string | undefined
  /** Origin of the authorization server. */
  readonly issuer: string
  /** Origin of the account's PDS. */
  readonly pds: string
  /** What the server granted, which may be less than was asked for. */
  readonly scope: string
  /**
   * `active`; `uncertain`: the answer to a refresh is missing, and the session is used as long as the server lets it;
   * `needs_reauth`: it has ended, for the `reason` that stands beside.
   */
  readonly status: 'active' | 'uncertain' | 'needs_reauth'
  readonly reason: EndReason | undefined
  /** When the person signed in, in ms since the epoch; undefined for an imported session that did not note it. */
  readonly createdAt: number | undefined
  /** When the server ends the session at the latest, in ms since the epoch, where that is known. */
  readonly endsAt: number | undefined
  /** False while the newest tokens are in memory only, because the storage failed. */
  readonly stored: boolean
}
