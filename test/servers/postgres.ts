import { RunningServer, type StartServerOptions } from './running-server.ts'

/** Starts a PostgreSQL that has every commit on the disk before it answers, with an empty database `postgres`. */
export function startPostgres(options?: StartServerOptions): Promise<RunningServer> {
  return RunningServer.start('postgres', options)
}
