import { calculateThumbprint } from '../../dpop/thumbprint.ts'
import { assertOptions, TEXT } from '../assert-options.ts'

/** A private ES256 key for `keys`, as JSON: a secret. */
export type PrivateClientKey = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly alg: 'ES256'
  readonly use: 'sig'
  readonly kid: string
  readonly x: string
  readonly y: string
  readonly d: string
}

/** Options of {@link generateClientKey}. */
export interface GenerateClientKeyOptions {
  /** What the key is called in assertions and in the client's metadata. @default its thumbprint */
  readonly kid?: string | undefined
}

/**
 * Makes a key for a confidential client. Once is enough: keep it where the app keeps its secrets.
 *
 * @example
 * console.log(JSON.stringify(await generateClientKey({ kid: '2026-11' })))
 * @throws TypeError for options of the wrong kind
 * @see RFC 7517
 */
export async function generateClientKey(options: GenerateClientKeyOptions = {}): Promise<PrivateClientKey> {
  assertOptions('options', options, { kid: TEXT })
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey)
  const kid = options.kid ?? (await calculateThumbprint({ kty: 'EC', crv: 'P-256', x, y }))
  return { kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid, x, y, d }
}
