import { isStoredDpopKey, type StoredDpopKey } from '../dpop/key.ts'
import { HOUR } from '../http/clock.ts'
import { hasShape, isNumber, isText, oneOf, optional, type Shape } from '../syntax/shape.ts'
import { StorageError } from '../errors.ts'
import type { Did } from '../syntax/did.ts'
import { type ClientAuth, isClientAuth } from './client-authentication.ts'

/** A sign-in between `authorize` and `callback`: all that the callback needs, so that it costs one request. */
export type SignIn = {
  readonly schema: 1
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly revocationEndpoint: string | undefined
  /** The account that was asked for; undefined where the sign-in began at a server. */
  readonly did: Did | undefined
  readonly handle: string | undefined
  readonly pds: string | undefined
  readonly redirectUri: string
  readonly verifier: string
  readonly dpopKey: StoredDpopKey
  readonly clientAuth: ClientAuth
  /** Hash of the context: the context itself is only with the browser that began. */
  readonly contextHash: string
  /** The server's nonce, and how far its clock is from ours, in ms. */
  readonly nonce: string | undefined
  readonly clockOffset: number
  /** The app's own state. */
  readonly state: string | undefined
  readonly expiresAt: number
}

/** How long the person may take at the consent page, in ms. */
export const SIGN_IN_LIFETIME_MS: number = HOUR

/** Where a sign-in is stored. The state itself is never stored, so that nobody who reads the storage can spend it. */
export function signInKey(stateHash: string): string {
  return `signin/${stateHash}`
}

/** Where it stands that a state was spent. */
export function spentKey(stateHash: string): string {
  return `spent/${stateHash}`
}

const SHAPE: Shape<SignIn> = {
  schema: oneOf(1),
  issuer: isText,
  tokenEndpoint: isText,
  revocationEndpoint: optional(isText),
  did: optional(isText),
  handle: optional(isText),
  pds: optional(isText),
  redirectUri: isText,
  verifier: isText,
  dpopKey: isStoredDpopKey,
  clientAuth: isClientAuth,
  contextHash: isText,
  nonce: optional(isText),
  clockOffset: isNumber,
  state: optional(isText),
  expiresAt: isNumber,
}

/**
 * Reads a stored sign-in.
 *
 * @throws StorageError `corrupt`
 */
export function parseSignIn(value: unknown): SignIn {
  if (hasShape(value, SHAPE)) return value
  throw new StorageError('corrupt', { field: 'signin', expected: 'a sign-in of schema 1' })
}
