import { wrongArgument } from '../errors/wrong-argument.ts'
import { randomText, systemRandom } from '../http/random.ts'
import { readAnswer, readEntry, readPage } from './redis-replies.ts'
import { DELETE, GET, LIST, PUT } from './redis-scripts.ts'
import type { PutOptions, Storage, StorageEntry, StoredValue } from './storage.ts'
import { readExpiry, writeValue } from './stored-text.ts'

/** Has a Redis run a Lua script with these keys and arguments, and gives its reply. */
export type EvaluateScript = (script: string, keys: string[], args: string[]) => Promise<unknown>

/** Options of {@link redisStorage}. */
export interface RedisStorageOptions {
  /**
   * What all keys begin with, in front of `{atproof}`: tells apart the apps that share a Redis. Without braces, 100
   * characters at most.
   *
   * @default ''
   */
  readonly prefix?: string
}

export const MAX_PREFIX = 100
/** How many keys one script lists: few enough to hold nobody else up. */
export const PAGE = 500

/**
 * Keeps sessions in Redis, for several processes and machines. Each call is one Lua script, which goes by the clock of
 * the Redis and whose keys all carry the hash tag `{atproof}`: one slot of a cluster.
 *
 * Any client of Redis fits, connected to the primary and not to a replica; Redis 5 or newer, or Valkey. What `evaluate`
 * fails with is handed on: whether a write then took place is unknown, and whoever must know reads again. So it is where a
 * client sends a script again by itself after another writer came. A call that hangs is given up after two minutes, and
 * not ended: set the client's own timeouts.
 *
 * A record is the whole session, its DPoP key included: wrap the storage in `encryptedStorage`.
 *
 * **What can be lost.** A session is as durable as the Redis is set to be. Set `appendonly yes` and
 * `appendfsync always`: then a write is on the disk before it is answered. With `appendfsync everysec` a crash forgets
 * the last second or two. A failover forgets what the old primary had not replicated yet; a call of `WAIT` on the same
 * connection, within `evaluate`, makes that rarer. A refresh that is forgotten brings a spent refresh token back: while
 * the process that refreshed lives, it stores the new one again; after it the session ends, with `refresh_response_lost`
 * or `revoked`, and its person signs in again. A forgotten sign-in begins anew, and a forgotten `spent/` entry lets a
 * callback's URL be tried twice, which the authorization server refuses.
 *
 * Set `maxmemory-policy noeviction`: any other may evict a session, or the index that {@link Storage.list} goes by.
 *
 * Ages are as good as the clock of the Redis: one that jumps by minutes, or another primary's that is off by as much,
 * makes a refresh that is still on its way look older than it is. Keep it with NTP.
 *
 * Redis frees an expired entry by itself; each `put` sweeps up to ten of them from the index.
 *
 * @param evaluate runs a script: `EVAL`, or `EVALSHA` where the client knows how. The scripts are a few constants
 * @throws TypeError for a prefix with braces, and where a reply is none of the script's
 * @example node-redis
 * ```ts
 * const redis = await createClient({ url }).connect()
 * const storage = redisStorage((script, keys, args) => redis.eval(script, { keys, arguments: args }))
 * ```
 * @example ioredis
 * ```ts
 * const redis = new Redis(url)
 * const storage = redisStorage((script, keys, args) => redis.eval(script, keys.length, ...keys, ...args))
 * ```
 */
export function redisStorage(evaluate: EvaluateScript, options: RedisStorageOptions = {}): Storage {
  const { prefix = '' } = options
  if (typeof evaluate !== 'function') throw wrongArgument('evaluate', 'a function that runs a script', evaluate)
  if (typeof prefix !== 'string' || /[{}]/.test(prefix) || prefix.length > MAX_PREFIX) {
    throw wrongArgument('prefix', `a text without braces, of ${MAX_PREFIX} characters at most`, prefix)
  }
  return new RedisStorage(evaluate, `${prefix}{atproof}`)
}

class RedisStorage implements Storage {
  readonly #evaluate: EvaluateScript
  readonly #root: string
  /** The sorted sets of all keys, and of those that expire. */
  readonly #sets: readonly [string, string]

  constructor(evaluate: EvaluateScript, root: string) {
    this.#evaluate = evaluate
    this.#root = root
    this.#sets = [`${root}:keys`, `${root}:expiries`]
  }

  async get(key: string): Promise<StorageEntry | undefined> {
    return readEntry(key, await this.#evaluate(GET, [this.#entry(key)], []))
  }

  async put(key: string, value: StoredValue, { ifVersion, expiresAt }: PutOptions): Promise<string | undefined> {
    const text = writeValue(value)
    const expiry = String(readExpiry(expiresAt) ?? '')
    // Of the runtime, not counted: a failover may forget a count.
    const version = randomText(systemRandom)
    const condition = ifVersion === null ? ['create', ''] : ['replace', ifVersion]
    const args = [key, ...condition, version, text, expiry]
    const wasWritten = readAnswer(await this.#evaluate(PUT, [this.#entry(key), ...this.#sets], args))
    return wasWritten ? version : undefined
  }

  async delete(key: string, { ifVersion }: { readonly ifVersion: string }): Promise<boolean> {
    return readAnswer(await this.#evaluate(DELETE, [this.#entry(key), ...this.#sets], [key, ifVersion]))
  }

  async *list(prefix: string): AsyncIterable<string> {
    let from = `[${prefix}`
    while (from !== '') {
      const page = readPage(await this.#evaluate(LIST, [...this.#sets], [from, prefix, String(PAGE)]))
      yield* page.keys
      from = page.next
    }
  }

  #entry(key: string): string {
    return `${this.#root}:entry:${key}`
  }
}
