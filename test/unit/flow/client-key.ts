import { exportJWK, generateKeyPair } from 'jose'
import type { ClientKey } from '../../../src/flow/client-keys.ts'

/** A new private key of a confidential client. */
export async function newClientKey(kid: string): Promise<ClientKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const { x, y, d } = await exportJWK(privateKey)
  return { kty: 'EC', crv: 'P-256', kid, alg: 'ES256', x: x ?? '', y: y ?? '', d: d ?? '' }
}
