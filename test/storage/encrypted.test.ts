import { encryptedStorage, memoryStorage, type StoredValue } from 'atproof'
import { fileStorage } from 'atproof/node'
import { engineHooks } from './engine-hooks.ts'
import { type FileAddress, fileDamages, makeDirectory } from './file-places.ts'
import { proveStorage } from './prove-storage.ts'

const KEYS = [sealKey(1), sealKey(2)]

const damages = {
  ...fileDamages,
  'without the end of its ciphertext': replaced(({ ciphertext, ...rest }) => ({
    ...rest,
    ciphertext: String(ciphertext).slice(0, -4),
  })),
  'foreign: not encrypted': replaced(() => ({ hello: 'world' })),
  'that of another entry': replaced(() => encryptedValue('session/did:plc:mallory/1', KEYS)),
  'encrypted with a key that is not known': replaced((_, key) => encryptedValue(key, [sealKey(3)])),
}

proveStorage('encryptedStorage over memory', { open: async () => encryptedStorage(memoryStorage(), KEYS) })
proveStorage(
  'encryptedStorage over files',
  engineHooks(() => makeDirectory(KEYS), damages),
)

type Fields = Readonly<Record<string, StoredValue | undefined>>

/** Puts something else where an entry is, through the storage beneath. */
function replaced(change: (value: Fields, key: string) => StoredValue | Promise<StoredValue>) {
  return async ({ directory }: FileAddress, key: string): Promise<unknown> => {
    const inner = fileStorage(directory)
    const entry = await inner.get(key)
    const value = await change(Object(entry?.value) as Fields, key)
    return inner.put(key, value, { ifVersion: entry?.version ?? null })
  }
}

/** What is stored under a key for a text. */
async function encryptedValue(key: string, keys: readonly string[]): Promise<StoredValue> {
  const inner = memoryStorage()
  await encryptedStorage(inner, keys).put(key, 'x', { ifVersion: null })
  return (await inner.get(key))?.value ?? null
}

function sealKey(byte: number): string {
  return Buffer.alloc(32, byte).toString('base64')
}
