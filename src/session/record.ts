import { isStoredDpopKey, type StoredDpopKey } from '../dpop/key.ts'
import { type EndReason, StorageError, wrongArgument } from '../errors.ts'
import { type ClientAuth, isClientAuth } from '../flow/client/client-authentication.ts'
import type { Did } from '../syntax/did.ts'
import { hasShape, isBoolean, isNumber, isText, nullable, oneOf, optional, type Shape } from '../syntax/shape.ts'

/** The tokens of a session. */
export type Tokens = {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** When the access token ends, in ms since the epoch, where the server said so. */
  readonly expiresAt: number | undefined
  /** How long it lives in all, in ms. */
  readonly lifetimeMs: number | undefined
}

/** The note that a refresh may be on its way: our lock. */
export type Attempt = {
  readonly id: string
  /** An older attempt that may have acted on the server. */
  readonly before: string | null
  /** It is known that nothing of it is on its way any more: never waited for. */
  readonly dead: boolean
}

/** A session as it is stored. It is the whole session: whoever reads it can act as the account. */
export type SessionRecord = {
  readonly schema: 1
  readonly sessionId: string
  readonly did: Did
  readonly handle: string | undefined
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | undefined
  readonly pds: string
  readonly scope: string
  readonly tokens: Tokens
  readonly dpopKey: StoredDpopKey
  readonly clientAuth: ClientAuth
  /** Counts the token sets of this session. */
  readonly gen: number
  /** When the account's issuer was last confirmed, in ms since the epoch. */
  readonly checkedAt: number
  readonly status: 'active' | 'needs_reauth'
  readonly reason: EndReason | undefined
  /** Undefined for a session of another library, which did not note it. */
  readonly createdAt: number | undefined
  readonly endsAt: number | undefined
  readonly attempt: Attempt | null
}

/** What a signed-out session leaves for a day: what is still owed to the server, until it is paid. */
export type Tombstone = {
  readonly schema: 1
  readonly sessionId: string
  readonly did: Did
  readonly handle: string | undefined
  readonly signedOut: true
  readonly owes: Debt | null
}

/** A token that is to be revoked, with what that takes: the refresh token, or the access token where there is no other. */
export type Debt = {
  readonly refreshToken?: string | undefined
  readonly accessToken?: string | undefined
  readonly dpopKey: StoredDpopKey
  readonly clientAuth: ClientAuth
  readonly issuer: string
  readonly revocationEndpoint: string | undefined
}

function isDid(value: unknown): value is Did {
  return typeof value === 'string' && /^did:[a-z]+:./.test(value)
}

const TOKENS: Shape<Tokens> = {
  accessToken: isText,
  refreshToken: optional(isText),
  expiresAt: optional(isNumber),
  lifetimeMs: optional(isNumber),
}

const ATTEMPT: Shape<Attempt> = { id: isText, before: nullable(isText), dead: isBoolean }

const RECORD: Shape<SessionRecord> = {
  schema: oneOf(1),
  sessionId: isText,
  did: isDid,
  handle: optional(isText),
  issuer: isText,
  tokenEndpoint: isText,
  revocationEndpoint: optional(isText),
  pds: isText,
  scope: isText,
  tokens: (value) => hasShape(value, TOKENS),
  dpopKey: isStoredDpopKey,
  clientAuth: isClientAuth,
  gen: isNumber,
  checkedAt: isNumber,
  status: oneOf('active', 'needs_reauth'),
  reason: optional(isText),
  createdAt: optional(isNumber),
  endsAt: optional(isNumber),
  attempt: nullable((value) => hasShape(value, ATTEMPT)),
}

const DEBT: Shape<Debt> = {
  refreshToken: optional(isText),
  accessToken: optional(isText),
  dpopKey: isStoredDpopKey,
  clientAuth: isClientAuth,
  issuer: isText,
  revocationEndpoint: optional(isText),
}

const TOMBSTONE: Shape<Tombstone> = {
  schema: oneOf(1),
  sessionId: isText,
  did: isDid,
  handle: optional(isText),
  signedOut: oneOf(true),
  owes: nullable((value) => hasShape(value, DEBT)),
}

/**
 * Reads what stands under a session's key.
 *
 * @throws StorageError `corrupt`: nothing is deleted, and no other session suffers
 */
export function parseStored(key: string, value: unknown): SessionRecord | Tombstone {
  if (hasShape<Tombstone>(value, TOMBSTONE) || hasShape<SessionRecord>(value, RECORD)) return value
  throw new StorageError('corrupt', { field: key, expected: 'a session of schema 1' })
}

/** Whether this is what a signed-out session left. */
export function isTombstone(stored: SessionRecord | Tombstone): stored is Tombstone {
  return 'signedOut' in stored
}

/** Where a session is stored. Its id contains the DID, so that the key follows without a search. */
export function sessionKey(sessionId: string): string {
  return `session/${sessionId}`
}

/** The id of a new session. */
export function createSessionId(did: Did, random: string): string {
  return `${did}/${random}`
}

/** Whether this can be the id of a session. */
export function isSessionId(text: string): boolean {
  return isDid(accountOf(text))
}

/** The account of a session id. */
export function didOf(sessionId: string): Did {
  const did = accountOf(sessionId)
  if (isDid(did)) return did
  throw wrongArgument('sessionId', 'an id as `client.session` has it', sessionId)
}

function accountOf(sessionId: string): string {
  return sessionId.slice(0, Math.max(0, sessionId.lastIndexOf('/')))
}
