import { StorageError } from '../errors/storage-error.ts'
import { hasShape, isText, oneOf, optional, type Shape } from '../syntax/shape.ts'
import { BASE_RECORD, type BaseRecord, type Tombstone, tombstoneShape } from './record.ts'

/**
 * A session that began with a password, as it is stored. The password is no part of it. Its `issuer` is the origin of
 * the server that took the password, which its refresh token goes to; its `pds` is where it calls.
 */
export type PasswordRecord = BaseRecord & {
  readonly kind: 'password'
  /** Tells the sign-in that the tokens come from. */
  readonly signIn: string
  /** The e-mail address that it was signed in with, in lower case: nothing else leads from that to the account. */
  readonly email: string | undefined
}

/** A refresh token that is to be given back, and to whom. */
export type PasswordDebt = {
  readonly kind: 'password'
  readonly signIn: string
  readonly refreshToken: string | undefined
  readonly issuer: string
}

const RECORD: Shape<PasswordRecord> = {
  ...BASE_RECORD,
  kind: oneOf('password'),
  signIn: isText,
  email: optional(isText),
}

const TOMBSTONE: Shape<Tombstone<PasswordDebt>> = tombstoneShape<PasswordDebt>({
  kind: oneOf('password'),
  signIn: isText,
  refreshToken: optional(isText),
  issuer: isText,
})

/**
 * Where the sessions of passwords are stored: apart from those of OAuth, so that neither finds the other's, also where
 * an older version that knows of no passwords looks into the same storage.
 */
export const PASSWORD_FOLDER = 'password/'

/**
 * Reads what stands under the key of a session that began with a password.
 *
 * @throws StorageError `corrupt`: nothing is deleted, and no other session suffers
 */
export function parsePassword(key: string, value: unknown): PasswordRecord | Tombstone<PasswordDebt> {
  if (hasShape<Tombstone<PasswordDebt>>(value, TOMBSTONE) || hasShape<PasswordRecord>(value, RECORD)) return value
  throw new StorageError('corrupt', { field: key, expected: 'a password session of schema 1' })
}
