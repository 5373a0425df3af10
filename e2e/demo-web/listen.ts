import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { LOOPBACK } from '../network/loopback.ts'

/**
 * Listens on loopback.
 *
 * @throws Error that says what to do, where the port is taken.
 */
export async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, LOOPBACK)
  try {
    await once(server, 'listening')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error
    const taken = `${LOOPBACK}:${port} is taken by another program, an earlier demo:web perhaps`
    throw new Error(`${taken}: end that one, or choose another --port, or leave --port out for any that is free`, {
      cause: error,
    })
  }
}

/** Tells of a port that is taken before anything is started or built. */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer()
  await listen(server, port)
  server.close()
  await once(server, 'close')
}
