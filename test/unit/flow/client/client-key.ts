import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { type ClientKey, parseClientKey } from '../../../../src/flow/client/client-keys.ts'

/** A new private JWK, as an app's configuration holds it. */
export async function newJwk(kid: string, alg = 'ES256', more: object = {}): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), kid, alg, ...more }
}

/** The same, as it was read. */
export async function newClientKey(kid: string, alg?: string, more?: object): Promise<ClientKey> {
  return parseClientKey(await newJwk(kid, alg, more), 'key')
}
