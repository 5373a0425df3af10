import { wrongArgument } from '../errors.ts'
import { decodeBase64url, encodeBase64url } from '../syntax/base64url.ts'

/** Turns a value into a text that nobody else can read or change, and back. */
export interface Seal {
  /** Loads what sealing takes, so that no time limit runs meanwhile. */
  prepare(): Promise<unknown>
  seal(value: unknown): Promise<string>
  /** The value, or undefined where the text was not sealed with one of these keys. */
  open(text: string): Promise<unknown>
}

const KEY_BYTES = 32
const ALGORITHMS = { alg: 'dir', enc: 'A256GCM' } as const

/**
 * Seals with the newest key, and opens with every one, so that keys can be rotated. The text is a compact JWE.
 *
 * @param keys secrets of 32 bytes as base64 or base64url, the newest first
 * @throws TypeError for a key that is none, without showing it
 * @see RFC 7516
 */
export function createSeal(keys: readonly string[]): Seal {
  const secrets = keys.map((key, at) => decodeKey(key, `sealKeys[${at}]`))
  const [newest] = secrets
  if (!newest) throw wrongArgument('sealKeys', 'at least one secret, or no `sealKeys`', keys)
  return { prepare: () => import('jose'), seal: (value) => sealWith(newest, value), open }

  async function open(text: string): Promise<unknown> {
    const { compactDecrypt, errors } = await import('jose')
    try {
      const { plaintext } = await compactDecrypt(text, ({ kid }) => keyNamed(kid), {
        keyManagementAlgorithms: [ALGORITHMS.alg],
        contentEncryptionAlgorithms: [ALGORITHMS.enc],
      })
      return JSON.parse(new TextDecoder().decode(plaintext))
    } catch (error) {
      // A SyntaxError is something else that was sealed with the key; it would show what that is.
      if (error instanceof errors.JOSEError || error instanceof SyntaxError) return undefined
      throw error
    }
  }

  async function keyNamed(kid: unknown): Promise<Uint8Array> {
    for (const secret of secrets) if ((await nameOf(secret)) === kid) return secret
    const { errors } = await import('jose')
    throw new errors.JWEDecryptionFailed()
  }
}

async function sealWith(secret: Uint8Array<ArrayBuffer>, value: unknown): Promise<string> {
  // jose comes in where something is sealed, and nowhere else.
  const { CompactEncrypt } = await import('jose')
  const plain = new TextEncoder().encode(JSON.stringify(value))
  const header = { ...ALGORITHMS, kid: await nameOf(secret) }
  return new CompactEncrypt(plain).setProtectedHeader(header).encrypt(secret)
}

/** A name that says nothing of the key: a part of its hash. */
async function nameOf(secret: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', secret)
  return encodeBase64url(new Uint8Array(digest)).slice(0, 8)
}

function decodeKey(key: string, field: string): Uint8Array<ArrayBuffer> {
  const expected = `${KEY_BYTES} random bytes as base64, as \`openssl rand -base64 ${KEY_BYTES}\` makes them`
  // 43 characters and the padding that some add: nothing shorter can hold the bytes.
  if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(key)) throw wrongArgument(field, expected, `${key.length} characters`)
  return decodeBase64url(key.replace(/=$/, '').replaceAll('+', '-').replaceAll('/', '_'))
}
