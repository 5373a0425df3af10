import type { TestProject } from 'vitest/node'
import { ensurePrograms } from '../../e2e/install.ts'
import { POSTGRES, REDIS } from '../../e2e/system-programs.ts'
import { startPostgres } from './postgres.ts'
import { startRedis } from './redis.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A Redis and a PostgreSQL that all files of the project share: each takes a prefix or a table of its own. */
    readonly redisUrl: string
    readonly postgresUrl: string
  }
}

/** Starts the servers once for the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Both at once, where both lack: they would wait for each other's lock on the packages.
  await ensurePrograms([REDIS, POSTGRES], { report: console.log })
  const [redis, postgres] = await Promise.all([startRedis(), startPostgres()])
  project.provide('redisUrl', redis.url)
  project.provide('postgresUrl', postgres.url)
  return async () => {
    await Promise.all([redis.stop(), postgres.stop()])
  }
}
