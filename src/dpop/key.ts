import { ALGORITHM, importPrivateHalf, type PrivateHalf, SigningKey } from './signing-key.ts'
import { type PrivateJwk, publicHalfOf, type StoredDpopKey } from './stored-key.ts'
import { calculateThumbprint } from './thumbprint.ts'

/**
 * The key that a sign-in binds its tokens to. The private half never leaves it but through {@link DpopKey.toStored}.
 */
export class DpopKey extends SigningKey {
  readonly #stored: StoredDpopKey

  private constructor(privateHalf: PrivateHalf, stored: StoredDpopKey) {
    super(privateHalf, publicHalfOf(stored))
    this.#stored = stored
  }

  /** Makes a new key. One that is not extractable can be stored only where CryptoKeys can. */
  static async generate(options: { readonly extractable: boolean }): Promise<DpopKey> {
    const pair = await crypto.subtle.generateKey(ALGORITHM, options.extractable, ['sign', 'verify'])
    const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
    return new DpopKey(pair.privateKey, { key: pair.privateKey, jwk: { kty: 'EC', crv: 'P-256', x, y } })
  }

  /**
   * Brings a stored key back.
   *
   * @throws StorageError `corrupt`
   */
  static async fromStored(stored: StoredDpopKey): Promise<DpopKey> {
    const half = await importPrivateHalf(stored)
    return new DpopKey(half, typeof half === 'function' ? stored : { key: half, jwk: publicHalfOf(stored) })
  }

  /** A new key in the form that its storage keeps. One that was brought back cannot leave again but as a CryptoKey. */
  async toStored(): Promise<StoredDpopKey> {
    return (await exportKey(this.#stored)) ?? this.#stored
  }

  /** What names the key where a server or a signer is told which one it is: its `jkt` (RFC 9449 §6.1). */
  thumbprint(): Promise<string> {
    return calculateThumbprint(this.publicJwk)
  }
}

/** A stored key as JSON, private half included. Undefined for one that its platform does not let out. */
export async function exportKey(stored: StoredDpopKey): Promise<PrivateJwk | undefined> {
  if (!('key' in stored)) return { ...publicHalfOf(stored), d: stored.d }
  const { key, jwk } = stored
  if (!key.extractable) return undefined
  const { d = '' } = await crypto.subtle.exportKey('jwk', key)
  return { ...jwk, d }
}
