import { hashText } from '../syntax/base64url.ts'

/** The members that make a public key what it is, in the order that a thumbprint has them (RFC 7638 §3.2, RFC 8037 §2). */
const MEMBERS = ['crv', 'e', 'kty', 'n', 'x', 'y']

/**
 * The thumbprint of a key: the SHA-256 of its public members, as base64url. Other members, private ones too, are not
 * part of it.
 *
 * @see RFC 7638 §3
 */
export function calculateThumbprint(jwk: object): Promise<string> {
  return hashText(JSON.stringify(jwk, MEMBERS))
}
