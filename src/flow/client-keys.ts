import { wrongArgument } from '../errors.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** A private ES256 key of a confidential client. Only its public half is ever served. */
export interface ClientKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly kid: string
  readonly alg?: 'ES256'
  readonly x: string
  readonly y: string
  readonly d: string
}

/** The public half of a client key, as the client's metadata serves it. */
export interface PublicClientKey {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly kid: string
  readonly alg: 'ES256'
  readonly use: 'sig'
  readonly x: string
  readonly y: string
}

/**
 * Reads the keys of a confidential client.
 *
 * @throws TypeError that names the field, and never shows a key
 */
export function parseClientKeys(keys: readonly unknown[]): readonly ClientKey[] {
  if (keys.length === 0)
    throw wrongArgument('keys', 'at least one private key, or no `keys` for a public client', keys)
  const parsed = keys.map(parseClientKey)
  const ids = parsed.map(({ kid }) => kid)
  const twice = ids.find((kid, at) => ids.indexOf(kid) !== at)
  if (twice !== undefined) throw wrongArgument('keys', 'a `kid` of its own for each key', twice)
  return parsed
}

function parseClientKey(key: unknown, at: number): ClientKey {
  const field = (name: string) => `keys[${at}].${name}`
  if (!isJsonObject(key)) throw wrongArgument(`keys[${at}]`, 'a private JWK', typeof key)
  const { kty, crv, kid, alg, x, y, d } = key
  if (kty !== 'EC' || crv !== 'P-256' || (alg !== undefined && alg !== 'ES256')) {
    throw wrongArgument(
      field(kty !== 'EC' ? 'kty' : crv !== 'P-256' ? 'crv' : 'alg'),
      'an EC key on P-256 for ES256',
      kty !== 'EC' ? kty : crv !== 'P-256' ? crv : alg,
    )
  }
  if (typeof kid !== 'string' || kid === '') throw wrongArgument(field('kid'), 'a name for the key', kid)
  if (typeof x !== 'string' || typeof y !== 'string')
    throw wrongArgument(field('x'), 'a public half, x and y', typeof x)
  if (typeof d !== 'string') throw wrongArgument(field('d'), 'the private half of the key', typeof d)
  return { kty, crv, kid, x, y, d }
}

/** The public half of a key. Built field by field: what is not named here cannot slip out. */
export function publicClientKey({ kty, crv, kid, x, y }: ClientKey): PublicClientKey {
  return { kty, crv, kid, alg: 'ES256', use: 'sig', x, y }
}
