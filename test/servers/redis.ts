import { RunningServer, type StartServerOptions } from './running-server.ts'

/** Starts a Redis that has every write on the disk before it answers. */
export function startRedis(options?: StartServerOptions): Promise<RunningServer> {
  return RunningServer.start('redis', options)
}
