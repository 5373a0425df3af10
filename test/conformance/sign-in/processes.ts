import { OAuthClient, type OAuthClientOptions, type Storage } from 'atproof'
import type { LogEntry } from 'atproof/testing'
import { REDIRECT_URI, type Scene, SCOPE } from '../scene.ts'

/** A storage object of another process: it shares the data, and nothing else. A test may take over some methods. */
export function sharedStorage(inner: Storage, methods: Partial<Storage> = {}): Storage {
  return {
    ...(inner.keepsCryptoKeys && { keepsCryptoKeys: true as const }),
    get: (key) => inner.get(key),
    put: (key, value, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
    ...methods,
  }
}

/** A storage that keeps plain JSON only, as a file or a database does. */
export function jsonStorage(inner: Storage): Storage {
  return {
    get: (key) => inner.get(key),
    put: (key, value, options) => inner.put(key, JSON.parse(JSON.stringify(value)), options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
}

/** The same app in another process. */
export function otherProcess(scene: Scene, change: Partial<OAuthClientOptions> = {}): OAuthClient {
  const { network, storage, clock } = scene
  return new OAuthClient({
    redirectUri: REDIRECT_URI,
    scope: SCOPE,
    storage: sharedStorage(storage),
    fetch: network.fetch,
    resolveTxt: network.resolveTxt,
    clock,
    ...change,
  })
}

/** Requests for tokens that got past the nonce: each of them uses the code. */
export function exchanges({ network }: Pick<Scene, 'network'>): readonly LogEntry[] {
  return network.log.to('/oauth/token').filter(({ error }) => error !== 'use_dpop_nonce')
}
