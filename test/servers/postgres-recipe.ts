import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { ensurePostgres } from '../../e2e/install.ts'
import { LOOPBACK } from '../../e2e/network/loopback.ts'
import type { Recipe, Settings } from './recipe.ts'

// Below the working folder.
const DATA = 'data'

/** Runs a PostgreSQL on loopback whose commits are on the disk before it answers. */
export async function postgresRecipe(settings: Settings): Promise<Recipe> {
  const programs = await ensurePostgres()
  const user = userForPostgres()
  return {
    ...(user && { user }),
    prepare: {
      file: join(programs, 'initdb'),
      input: [
        ['--pgdata', DATA, '--username', 'postgres', '--auth', 'trust'],
        ['--encoding', 'UTF8', '--locale', 'C'],
        // A folder as new as this loses nothing with the power.
        ['--no-sync'],
      ].flat(),
    },
    start(port) {
      const all = {
        port: String(port),
        listen_addresses: LOOPBACK,
        unix_socket_directories: '',
        fsync: 'on',
        synchronous_commit: 'on',
        // In the folder, so that nothing stays in /dev/shm after a kill.
        dynamic_shared_memory_type: 'mmap',
        max_connections: '200',
        lc_messages: 'C',
        log_destination: 'stderr',
        logging_collector: 'off',
        ...settings,
      }
      const input = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
      return { file: join(programs, 'postgres'), input: ['-D', DATA, ...input] }
    },
    isReady: /database system is ready to accept connections/,
    isPortTaken: /could not bind .*Address already in use/,
    // Its immediate shutdown, which gives its shared memory back.
    endSignal: 'SIGQUIT',
    url: (port) => `postgres://postgres@${LOOPBACK}:${port}/postgres`,
  }
}

/** PostgreSQL refuses to run as root, and as a user without a name. */
function userForPostgres(): Recipe['user'] {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = [idOf('-u', name), idOf('-g', name)]
    if (uid !== undefined && gid !== undefined) return { uid, gid }
  }
  throw new Error('PostgreSQL does not run as root, and there is no user postgres or nobody to run it')
}

function idOf(kind: '-u' | '-g', user: string): number | undefined {
  try {
    return Number(execFileSync('id', [kind, user], { stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    // There is no such user.
    return undefined
  }
}
