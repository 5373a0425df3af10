import { isStoredDpopKey, type StoredDpopKey } from '../dpop/stored-key.ts'
import type { EndReason } from '../errors/session-error.ts'
import { StorageError } from '../errors/storage-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { type ClientAuth, isClientAuth } from '../flow/client/client-auth.ts'
import { type Did, isDid } from '../syntax/did.ts'
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

/** What is stored of any session, whatever kind of sign-in it began with. Whoever reads it can act as the account. */
export type BaseRecord = {
  readonly schema: 1
  readonly sessionId: string
  readonly did: Did
  readonly handle: string | undefined
  readonly issuer: string
  readonly pds: string
  readonly scope: string
  readonly tokens: Tokens
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

/** A session that began with OAuth, as it is stored. */
export type SessionRecord = BaseRecord & {
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | undefined
  readonly dpopKey: StoredDpopKey
  readonly clientAuth: ClientAuth
}

/** What a signed-out session leaves for a day: what is still owed to the server, until it is paid. */
export type Tombstone<Owed = Debt> = {
  readonly schema: 1
  readonly sessionId: string
  readonly did: Did
  readonly handle: string | undefined
  readonly signedOut: true
  readonly owes: Owed | null
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

const mayBeText = optional(isText)

const TOKENS: Shape<Tokens> = {
  accessToken: isText,
  refreshToken: mayBeText,
  expiresAt: optional(isNumber),
  lifetimeMs: optional(isNumber),
}

const ATTEMPT: Shape<Attempt> = { id: isText, before: nullable(isText), dead: isBoolean }

/** What tells whose a record is, or what was left of it. */
const ACCOUNT = { schema: oneOf(1), sessionId: isText, did: isDid, handle: mayBeText }

/** How a record of any kind looks. */
export const BASE_RECORD: Shape<BaseRecord> = {
  ...ACCOUNT,
  issuer: isText,
  pds: isText,
  scope: isText,
  tokens: (value) => hasShape(value, TOKENS),
  gen: isNumber,
  checkedAt: isNumber,
  status: oneOf('active', 'needs_reauth'),
  reason: mayBeText,
  createdAt: optional(isNumber),
  endsAt: optional(isNumber),
  attempt: nullable((value) => hasShape(value, ATTEMPT)),
}

/** What ties tokens of OAuth to their key and client. */
const BINDING = { dpopKey: isStoredDpopKey, clientAuth: isClientAuth, revocationEndpoint: mayBeText }

const RECORD: Shape<SessionRecord> = { ...BASE_RECORD, ...BINDING, tokenEndpoint: isText }

const DEBT: Shape<Debt> = { ...BINDING, issuer: isText, refreshToken: mayBeText, accessToken: mayBeText }

/** How what a session of a kind left looks, by how its debt does. */
export function tombstoneShape<Owed>(debt: Shape<Owed>): Shape<Tombstone<Owed>> {
  return { ...ACCOUNT, signedOut: oneOf(true), owes: nullable((value) => hasShape(value, debt)) }
}

const TOMBSTONE: Shape<Tombstone> = tombstoneShape(DEBT)

/**
 * Reads what stands under the key of a session that began with OAuth.
 *
 * @throws StorageError `corrupt`: nothing is deleted, and no other session suffers
 */
export function parseStored(key: string, value: unknown): SessionRecord | Tombstone {
  if (hasShape<Tombstone>(value, TOMBSTONE) || hasShape<SessionRecord>(value, RECORD)) return value
  throw new StorageError('corrupt', { field: key, expected: 'a session of schema 1' })
}

/** Whether this is what a signed-out session left. */
export function isTombstone<R extends BaseRecord, Owed>(stored: R | Tombstone<Owed>): stored is Tombstone<Owed> {
  return 'signedOut' in stored
}

/** Where the sessions of OAuth are stored. */
export const OAUTH_FOLDER = 'session/'

/** Where a session of OAuth is stored. Its id contains the DID, so that the key follows without a search. */
export function sessionKey(sessionId: string): string {
  return OAUTH_FOLDER + sessionId
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
