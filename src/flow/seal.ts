import { wrongArgument } from '../errors/wrong-argument.ts'
import { Encryption } from '../storage/encryption.ts'

/** Turns a value into a text that nobody else can read or change, and back. */
export interface Seal {
  /** Loads what sealing takes, so that no time limit runs meanwhile. */
  prepare(): Promise<unknown>
  seal(value: unknown): Promise<string>
  /** The value, or undefined where the text was not sealed with one of these keys. */
  open(text: string): Promise<unknown>
}

/**
 * Seals with the newest key, and opens with every one, so that keys can be rotated. The text is a compact JWE.
 *
 * @param keys secrets of 32 bytes as base64 or base64url, the newest first
 * @throws TypeError for a key that is none, without showing it
 * @see RFC 7516
 */
export function createSeal(keys: readonly string[]): Seal {
  if (keys.length === 0) throw wrongArgument('sealKeys', 'at least one secret, or no `sealKeys`', keys)
  const encryption = new Encryption('sealKeys', keys)
  return { prepare: () => encryption.prepare(), seal, open }

  async function seal(value: unknown): Promise<string> {
    const { protected: header, iv, ciphertext, tag } = await encryption.encrypt(JSON.stringify(value))
    return [header, '', iv, ciphertext, tag].join('.')
  }

  async function open(text: string): Promise<unknown> {
    const [header, encryptedKey, iv, ciphertext, tag, rest] = text.split('.', 6)
    // The key is used directly, so that none stands in the text (RFC 7518 §4.5).
    if (encryptedKey !== '' || rest !== undefined) return undefined
    if (!header || !iv || !ciphertext || !tag) return undefined
    const { text: json } = await encryption.decrypt({ protected: header, iv, ciphertext, tag })
    if (json === undefined) return undefined
    try {
      return JSON.parse(json)
    } catch {
      // Something else that was sealed with the key. The error would show what that is.
      return undefined
    }
  }
}
