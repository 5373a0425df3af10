import type { Storage } from '../../../src/storage/storage.ts'

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

/** The keys of a session as a storage keeps them. */
export interface KeptKeys {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** Keeps new keys, of which the private one cannot be exported, and gives the version. */
export async function create(storage: Storage, key: string): Promise<string | undefined> {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(SIGNING, false, ['sign', 'verify'])
  return storage.put(key, { privateKey, publicKey }, { ifVersion: null })
}

/** The keys that stand there, or undefined. */
export async function keysAt(storage: Storage, key: string): Promise<KeptKeys | undefined> {
  const { privateKey, publicKey } = Object((await storage.get(key))?.value) as Record<string, unknown>
  if (privateKey instanceof CryptoKey && publicKey instanceof CryptoKey) return { privateKey, publicKey }
  return undefined
}

/** Whether the keys that stand there sign what they verify; undefined where none stand there. */
export async function signs(storage: Storage, key: string): Promise<boolean | undefined> {
  const keys = await keysAt(storage, key)
  if (!keys) return undefined
  const message = new TextEncoder().encode('a proof')
  return crypto.subtle.verify(
    SIGNING,
    keys.publicKey,
    await crypto.subtle.sign(SIGNING, keys.privateKey, message),
    message,
  )
}
