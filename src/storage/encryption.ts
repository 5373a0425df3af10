import { wrongArgument } from '../errors/wrong-argument.ts'
import { decodeBase64url, encodeBase64url, encodeText } from '../syntax/base64url.ts'
import type { PlatformKey } from '../syntax/platform.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** An encrypted text: what of a flattened JWE nobody can tell otherwise (RFC 7516 §7.2.2). */
export type Encrypted = {
  readonly protected: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** What came of decrypting: the text, or the id of the key that it takes, where that is the reason that there is none. */
export type Decrypted =
  | { readonly text: string }
  | { readonly text: undefined; readonly missingKey: string | undefined }

export const KEY_BYTES = 32
const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const

/**
 * Encrypts with the newest key, and decrypts with every one, so that keys can be rotated. Each key is imported once.
 *
 * @see RFC 7516
 */
export class Encryption {
  readonly #newest: SecretKey
  readonly #keys: readonly SecretKey[]

  /**
   * @param field what the keys are called where they come from
   * @param keys secrets of 32 bytes as base64 or base64url, the newest first
   * @throws TypeError for a key that is none, without showing it
   */
  constructor(field: string, keys: readonly string[]) {
    // A list that came as one text would be taken for a list of letters.
    if (!Array.isArray(keys)) throw wrongArgument(field, 'an array of strings, even for one', typeof keys)
    this.#keys = keys.map((key, at) => new SecretKey(decodeKey(key, `${field}[${at}]`)))
    const [newest] = this.#keys
    if (!newest) throw wrongArgument(field, 'at least one secret', keys)
    this.#newest = newest
  }

  /** Loads what encrypting takes, so that no time limit runs meanwhile. */
  prepare(): Promise<unknown> {
    return import('jose')
  }

  /** @param boundTo what must be given again for the text to come back */
  async encrypt(text: string, boundTo?: string): Promise<Encrypted> {
    // jose comes in where something is encrypted, and nowhere else.
    const { FlattenedEncrypt } = await import('jose')
    const jwe = new FlattenedEncrypt(new TextEncoder().encode(text))
    jwe.setProtectedHeader({ ...ALGORITHMS, kid: await this.#newest.id() })
    if (boundTo !== undefined) jwe.setAdditionalAuthenticatedData(new TextEncoder().encode(boundTo))
    const { protected: header = '', iv = '', ciphertext, tag = '' } = await jwe.encrypt(await this.#newest.key())
    return { protected: header, iv, ciphertext, tag }
  }

  /** @param boundTo what the text was bound to: another one, or a text that was changed, gives nothing */
  async decrypt(encrypted: Encrypted, boundTo?: string): Promise<Decrypted> {
    const kid = keyIdOf(encrypted)
    const key = await this.#keyNamed(kid)
    if (!key) return { text: undefined, missingKey: kid }
    const { errors, flattenedDecrypt } = await import('jose')
    const jwe = { ...encrypted, ...(boundTo !== undefined && { aad: encodeText(boundTo) }) }
    try {
      const { plaintext } = await flattenedDecrypt(jwe, await key.key(), {
        keyManagementAlgorithms: [ALGORITHMS.alg],
        contentEncryptionAlgorithms: [ALGORITHMS.enc],
      })
      return { text: new TextDecoder().decode(plaintext) }
    } catch (error) {
      if (error instanceof errors.JOSEError) return { text: undefined, missingKey: undefined }
      throw error
    }
  }

  async #keyNamed(kid: string | undefined): Promise<SecretKey | undefined> {
    for (const key of this.#keys) if ((await key.id()) === kid) return key
    return undefined
  }
}

/** A secret, and what becomes of it at its first use. */
class SecretKey {
  readonly #secret: Uint8Array<ArrayBuffer>
  #id: string | undefined
  #key: PlatformKey | undefined

  constructor(secret: Uint8Array<ArrayBuffer>) {
    this.#secret = secret
  }

  /** A name that says nothing of the key: a part of its hash. */
  async id(): Promise<string> {
    if (this.#id === undefined) {
      const digest = await crypto.subtle.digest('SHA-256', this.#secret)
      this.#id = encodeBase64url(new Uint8Array(digest)).slice(0, 8)
    }
    return this.#id
  }

  async key(): Promise<PlatformKey> {
    this.#key ??= await crypto.subtle.importKey('raw', this.#secret, 'AES-GCM', false, ['encrypt', 'decrypt'])
    return this.#key
  }
}

/** The id of the key that a text was encrypted with, or undefined where it names none that could be one of ours. */
function keyIdOf({ protected: header }: Encrypted): string | undefined {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(decodeBase64url(header)))
    const kid = isJsonObject(parsed) ? parsed['kid'] : undefined
    return typeof kid === 'string' && /^[\w-]{8}$/.test(kid) ? kid : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function decodeKey(key: unknown, field: string): Uint8Array<ArrayBuffer> {
  const expected = `${KEY_BYTES} random bytes as base64, as \`openssl rand -base64 ${KEY_BYTES}\` makes them`
  if (typeof key !== 'string') throw wrongArgument(field, expected, typeof key)
  // 43 characters and the padding that some add: nothing shorter can hold the bytes.
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(key)) throw wrongArgument(field, expected, `${key.length} characters`)
  return decodeBase64url(key.replace(/=$/, '').replaceAll('+', '-').replaceAll('/', '_'))
}
