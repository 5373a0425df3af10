import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresTable } from 'atproof/postgres'
import { Client } from 'pg'
import { startPostgres } from '../servers/postgres.ts'
import { startRedis } from '../servers/redis.ts'
import type { EngineAddress } from './messages.ts'

export type EngineName = EngineAddress['engine']

/** A place for sessions that lasts as long as the run. */
export interface StartedEngine {
  readonly address: EngineAddress
  stop(): Promise<void>
}

const START: Readonly<Record<EngineName, () => Promise<StartedEngine>>> = {
  async file() {
    const directory = await mkdtemp(join(tmpdir(), 'atproof-kill-'))
    const stop = () => rm(directory, { recursive: true, force: true })
    return { address: { engine: 'file', directory }, stop }
  },
  async redis() {
    const server = await startRedis()
    return { address: { engine: 'redis', url: server.url }, stop: () => server.stop() }
  },
  async postgres() {
    const server = await startPostgres()
    const client = new Client({ connectionString: server.url })
    await client.connect()
    await client.query(postgresTable())
    await client.end()
    return { address: { engine: 'postgres', url: server.url }, stop: () => server.stop() }
  },
}

export const ENGINES: readonly EngineName[] = ['file', 'redis', 'postgres']

/** Starts an engine of the run's own: a folder, or a real server. */
export function startEngine(name: EngineName): Promise<StartedEngine> {
  return START[name]()
}
