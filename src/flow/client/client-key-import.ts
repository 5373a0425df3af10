import type { AuthorizationError } from '../../errors/authorization-error.ts'
import type { PlatformKey } from '../../syntax/platform.ts'
import { clientDeploymentError } from './client-deployment-error.ts'
import type { ClientKey } from './client-keys.ts'

/**
 * Imports a client key, and sees that its two halves belong together: runtimes take a pair that does not, and then no
 * server takes what it signs.
 *
 * @throws AuthorizationError `client_key_unusable`
 */
export async function importClientKey(key: ClientKey): Promise<PlatformKey> {
  const { kid, alg } = key
  // jose comes in where there are client keys, and nowhere else: a public client never loads it.
  const { CompactSign, compactVerify, importJWK } = await import('jose')
  try {
    const [privateKey, publicKey] = await Promise.all([
      importJWK(key.jwk, alg),
      importJWK({ ...key.publicHalf }, alg),
    ])
    if (!(privateKey instanceof CryptoKey)) throw new TypeError('not a key of WebCrypto')
    const sample = await new CompactSign(new Uint8Array(1)).setProtectedHeader({ alg }).sign(privateKey)
    await compactVerify(sample, publicKey)
    return privateKey
  } catch (cause) {
    // The name says enough. What else a runtime says of a key that it refuses is not known to be safe.
    throw unusable(kid, cause instanceof Error ? cause.name : typeof cause)
  }
}

function unusable(kid: string, found: string): AuthorizationError {
  return clientDeploymentError('client_key_unusable', {
    field: 'keys',
    expected: `a private key ${kid} that this runtime imports, and whose public half is its own`,
    found,
  })
}
