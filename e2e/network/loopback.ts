import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'

export const LOOPBACK = '127.0.0.1'

/**
 * Has an app listen on loopback and a free port, whatever it asks for: left alone it listens on all interfaces.
 *
 * @param listener answers the requests. @default the app
 */
export function keepOnLoopback(
  app: RequestListener & { listen(port: number, listening?: () => void): Server },
  listener: RequestListener = app,
): void {
  app.listen = (_port, listening) => createServer(listener).listen(0, LOOPBACK, listening)
}

/** Listens on loopback and a free port, and returns that port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen(0, LOOPBACK)
  await once(server, 'listening')
  return portOf(server)
}

export function portOf(server: Server): number {
  const address = server.address()
  if (typeof address === 'string' || !address) throw new Error('the server listens on no port')
  return address.port
}
