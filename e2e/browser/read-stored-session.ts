import { lookAtKey } from './look-at-key.ts'
import type { StoredKeys, StoredSession } from './seen.ts'

/** Reads a session as a script in the page would that has no use for the library: straight out of the database. */
export async function readStoredSession(sessionId: string): Promise<StoredSession | undefined> {
  const entry: unknown = await read((entries) => entries.get(`session/${sessionId}`))
  const value = propertyOf(entry, 'value')
  if (value === undefined) return undefined
  const tokens = propertyOf(value, 'tokens')
  return {
    sessionId,
    accessToken: String(propertyOf(tokens, 'accessToken')),
    refreshToken: String(propertyOf(tokens, 'refreshToken')),
    gen: Number(propertyOf(value, 'gen')),
    hasAttempt: propertyOf(value, 'attempt') !== null,
    texts: collect(value).texts,
  }
}

/** Takes all private keys out of the database, of sessions and of sign-ins that are under way, and tries what they allow. */
export async function readStoredKeys(): Promise<StoredKeys> {
  const { keys, names } = collect(await read((entries) => entries.getAll()))
  return {
    names,
    keys: await Promise.all(keys.filter(({ type }) => type === 'private').map(lookAtKey)),
  }
}

async function read<T>(ask: (entries: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await settled(indexedDB.open('atproof'))
  const found = await settled(ask(database.transaction('entries').objectStore('entries')))
  database.close()
  return found
}

interface Collected {
  readonly texts: string[]
  readonly names: string[]
  readonly keys: CryptoKey[]
}

function collect(value: unknown, found: Collected = { texts: [], names: [], keys: [] }): Collected {
  if (typeof value === 'string') found.texts.push(value)
  if (value instanceof CryptoKey) found.keys.push(value)
  else if (typeof value === 'object' && value !== null) {
    for (const [name, inner] of Object.entries(value)) {
      found.names.push(name)
      collect(inner, found)
    }
  }
  return found
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}

function propertyOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
