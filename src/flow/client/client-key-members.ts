import { isBase64url } from '../../syntax/base64url.ts'
import type { KeyType } from './client-algorithms.ts'

/** Makes the error for what is wrong: a TypeError for an app's own options, another for what a server sent. */
export type Fail = (field: string, expected: string, found: unknown) => Error

/** The members that only a private key, or one that is shared, has (RFC 7518 §6). */
export const PRIVATE_MEMBERS: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** RFC 7518 §3.3: no RSA key is shorter. */
const MIN_RSA_BYTES = 256

/**
 * Reads the members that make a key, each checked as far as it can be without arithmetic. What else a JWK holds is left
 * out.
 *
 * @throws what `fail` makes; nothing of a key is shown
 */
export function keyMembers(
  jwk: Readonly<Record<string, unknown>>,
  {
    name,
    type,
    isPrivate,
    fail,
  }: { readonly name: string; readonly type: KeyType; readonly isPrivate: boolean; readonly fail: Fail },
): Readonly<Record<string, string>> {
  if (type.kty === 'RSA') {
    if (jwk['oth'] !== undefined) throw fail(`${name}.oth`, 'nothing: an RSA key of two primes', typeof jwk['oth'])
    const modulus = read('n', (bytes) => bytes >= MIN_RSA_BYTES, '2048 bits or more')
    // WebCrypto wants all of a private key: the primes cannot be left to be found.
    const others = (isPrivate ? ['e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] : ['e']).map((member) => [
      member,
      read(member, (bytes) => bytes > 0, 'one byte or more'),
    ])
    return { kty: 'RSA', n: modulus, ...Object.fromEntries(others) }
  }
  const { kty, crv, bytes } = type
  const members = [...(kty === 'EC' ? ['x', 'y'] : ['x']), ...(isPrivate ? ['d'] : [])]
  const values = members.map((member) => [member, read(member, (length) => length === bytes, `${bytes} bytes`)])
  return { kty, crv, ...Object.fromEntries(values) }

  function read(member: string, fits: (bytes: number) => boolean, size: string): string {
    const value = jwk[member]
    const expected = `${size} as base64url`
    // The type only, the length only: a value may be a secret.
    if (typeof value !== 'string') throw fail(`${name}.${member}`, expected, describeType(value))
    if (!isBase64url(value)) throw fail(`${name}.${member}`, expected, 'a text that is not base64url')
    const length = Math.floor((value.length * 3) / 4)
    if (!fits(length)) throw fail(`${name}.${member}`, expected, `${length} bytes`)
    return value
  }
}

function describeType(value: unknown): string {
  if (value === undefined) return 'nothing'
  return value === null ? 'null' : `a ${typeof value}`
}
