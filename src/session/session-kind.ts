import type { ServerMemory } from '../dpop/signer.ts'
import type { EndReason, SessionError, SessionErrorFacts } from '../errors/session-error.ts'
import type { RevocableTokens, Revocation } from '../flow/request-revocation.ts'
import type { XrpcRequest } from '../xrpc/session.ts'
import type { DebtOf } from './debt-of.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord, Tombstone } from './record.ts'

/** How a kind of session is read, and calls. */
export interface CallKind<R extends BaseRecord> {
  /** Where its sessions are stored: what their keys begin with. */
  readonly folder: string
  /** Reads what stands under a key. @throws StorageError `corrupt` */
  parse(key: string, value: unknown): R | Tombstone<DebtOf<R>>
  /**
   * Rows R2 and R4: asks once, with the newest tokens that are known. Whether to ask again is not for it to say.
   *
   * @throws NetworkError
   */
  ask(known: KnownSession<R>, request: XrpcRequest): Promise<Asked>
}

/** What a kind of session does in a way of its own. All else of the refresh protocol is the same for all kinds. */
export interface SessionKind<R extends BaseRecord> extends CallKind<R> {
  /** What tells one sign-in from another: at the server the tokens of each are a session of their own. */
  signInOf(stored: R | DebtOf<R>): string
  /** Whether even a good token may be refused at first, so that a request goes ahead of what can be sent only once. */
  mayBeRefused(known: KnownSession<R>): Promise<boolean>
  /**
   * Rows R10 and R11: whether a refresh token may be sent at all.
   *
   * @returns what has changed of where the account lives; `account_moved` where its tokens are not for whoever guards it now
   * @throws SessionError: nothing is written or sent
   */
  confirm(known: KnownSession<R>, record: R): Promise<Partial<R> | 'account_moved'>
  /** Who takes the refresh token of a record to its server. */
  createSpender(known: KnownSession<R>, record: R): Promise<Spender>
  /** What is owed for the tokens of a record that nobody is to use any more. */
  debtOf(record: R): DebtOf<R>
  /**
   * Row R26: has the server end what is owed for.
   *
   * @param memory what is known of the servers already
   * @returns undefined where nobody was asked, for want of what that takes
   */
  revoke(owed: DebtOf<R>, memory: ServerMemory | undefined): Promise<Revocation | undefined>
}

/** An answer, and the token set that it was asked with. */
export interface Asked {
  readonly response: Response
  /** Whether the server did not take the access token. */
  readonly isRefused: boolean
  readonly gen: number
  readonly accessToken: string
}

/** Rows R14 to R19: takes a refresh token to its server. */
export interface Spender {
  /**
   * R14: makes a request that is ready to be sent.
   *
   * @param at when its tokens' lifetime begins to count, in ms since the epoch
   * @returns what sends it (R17)
   * @throws SessionError where it cannot be made: nothing was sent
   */
  prepare(at: number): Promise<() => Promise<Reply>>
  /** Gives tokens back that nobody uses. It never fails: there is something to tell that weighs more. */
  giveBack(tokens: RevocableTokens): Promise<void>
}

/** What came of sending a refresh token. */
export type Reply =
  /** R18: new tokens. */
  | { readonly outcome: 'received'; readonly received: Received }
  /** R19: turned away unread, so that a request made anew may do better. */
  | { readonly outcome: 'turned_away' }
  /** R20: the token is not taken, for this reason where no older attempt can have acted. */
  | { readonly outcome: 'not_taken'; readonly error: SessionError; readonly reason: EndReason }
  /** R21: certainly not sent, or refused for another reason. */
  | { readonly outcome: 'refused'; readonly error: unknown }
  /** R22: nobody knows whether the server acted. */
  | { readonly outcome: 'unanswered'; readonly facts: Omit<SessionErrorFacts, 'sessionId' | 'did' | 'handle'> }

/** New tokens, as they came. */
export interface Received {
  /** What they change in the record. */
  readonly change: Pick<BaseRecord, 'tokens' | 'scope'>
  /** What to give back where nobody is to use them. */
  readonly given: RevocableTokens
  /** Row R23: why they are not what this session is about. */
  readonly flaw: EndReason | undefined
}
