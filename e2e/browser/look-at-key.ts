import type { StoredKey } from './seen.ts'

const FORMATS = ['jwk', 'pkcs8', 'raw'] as const

/** Tries what a key allows: to leave the browser, and to sign. */
export async function lookAtKey(key: CryptoKey): Promise<StoredKey> {
  const tries = FORMATS.map((format) =>
    crypto.subtle.exportKey(format, key).then(
      () => 'it left',
      (error: unknown) => (error instanceof Error ? error.name : String(error)),
    ),
  )
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, new Uint8Array(8))
  return {
    extractable: key.extractable,
    exports: await Promise.all(tries),
    signs: signature.byteLength === 64,
  }
}
