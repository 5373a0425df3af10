import type { Clock, Storage } from 'atproof'
import type { EngineAddress } from './messages.ts'

/** An engine, and whose time it goes by. */
export interface OpenedEngine {
  readonly storage: Storage
  /** Its ages and expiries are the run's already. */
  readonly isScaled: boolean
  close(): Promise<void>
}

export interface OpenEngineOptions {
  readonly clock: Clock
  /** Told of each thing that is sent to a server, to run it. */
  readonly send: <T>(name: string, run: () => Promise<T>) => Promise<T>
}

type Open = (address: string, options: OpenEngineOptions) => Promise<OpenedEngine>

const OPEN: Readonly<Record<EngineAddress['engine'], Open>> = {
  async file(directory, { clock }) {
    const { fileStorage } = await import('atproof/node')
    return { storage: fileStorage(directory, { clock }), isScaled: true, close: async () => {} }
  },
  async redis(url, { send }) {
    const [{ Redis }, { redisStorage }] = await Promise.all([import('ioredis'), import('atproof/redis')])
    const redis = new Redis(url)
    redis.on('error', () => {}) // a server that cannot be reached fails the command that asked
    const storage = redisStorage((script, keys, args) =>
      send('redis eval', () => redis.eval(script, keys.length, ...keys, ...args)),
    )
    return { storage, isScaled: false, close: async () => redis.disconnect() }
  },
  async postgres(url, { send }) {
    const [{ Pool }, { postgresStorage }] = await Promise.all([import('pg'), import('atproof/postgres')])
    const pool = new Pool({ connectionString: url, max: 3 })
    pool.on('error', () => {}) // likewise
    const storage = postgresStorage({
      query: (text, values) => send('postgres query', () => pool.query(text, values)),
    })
    return { storage, isScaled: false, close: () => pool.end() }
  },
}

/** Opens an engine at an address, for a child or for whoever looks on. */
export function openEngine(address: EngineAddress, options: OpenEngineOptions): Promise<OpenedEngine> {
  return OPEN[address.engine]('url' in address ? address.url : address.directory, options)
}
