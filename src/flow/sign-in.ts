import { isStoredDpopKey, type StoredDpopKey } from '../dpop/stored-key.ts'
import { hasShape, isNumber, isText, oneOf, optional, type Shape } from '../syntax/shape.ts'
import type { Did } from '../syntax/did.ts'
import { type ClientAuth, isClientAuth } from './client/client-auth.ts'

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
  /** The session that this leads back into; undefined where it makes a new one. */
  readonly sessionId: string | undefined
  readonly redirectUri: string
  /** What was asked for: the server may grant less. */
  readonly scope: string
  readonly verifier: string
  readonly dpopKey: StoredDpopKey
  readonly clientAuth: ClientAuth
  /** The server's nonce, and how far its clock is from ours, in ms. */
  readonly nonce: string | undefined
  readonly clockOffset: number
  /** The app's own state. */
  readonly state: string | undefined
  readonly expiresAt: number
}

const SHAPE: Shape<SignIn> = {
  schema: oneOf(1),
  issuer: isText,
  tokenEndpoint: isText,
  revocationEndpoint: optional(isText),
  did: optional(isText),
  handle: optional(isText),
  pds: optional(isText),
  sessionId: optional(isText),
  redirectUri: isText,
  scope: isText,
  verifier: isText,
  dpopKey: isStoredDpopKey,
  clientAuth: isClientAuth,
  nonce: optional(isText),
  clockOffset: isNumber,
  state: optional(isText),
  expiresAt: isNumber,
}

/** Whether a stored or sealed value is a sign-in. */
export function isSignIn(value: unknown): value is SignIn {
  return hasShape(value, SHAPE)
}
