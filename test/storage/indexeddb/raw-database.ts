// The database as any script of the page could reach it, without the engine.

/** Opens a database as it stands, or makes an empty one. */
export function openRaw(name: string, version?: number): Promise<IDBDatabase> {
  return settled(indexedDB.open(name, version))
}

/** Puts something else where an entry stands. */
export async function changeEntry(
  name: string,
  key: string,
  change: (entry: Readonly<Record<string, unknown>>) => unknown,
): Promise<void> {
  const database = await openRaw(name)
  const store = database.transaction('entries', 'readwrite').objectStore('entries')
  await settled(store.put(change(await settled(store.get(key))), key))
  database.close()
}

/** All keys that stand there, expired ones too. */
export async function rawKeys(name: string): Promise<readonly string[]> {
  const database = await openRaw(name)
  const keys = await settled(database.transaction('entries').objectStore('entries').getAllKeys())
  database.close()
  return keys.map(String)
}

/** Resolves with what a request brings. */
export function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error))
  })
}
