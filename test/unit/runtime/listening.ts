import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createPlainServer, type Server } from 'node:net'

/** A server on this machine that a test talks to. */
export interface Listening {
  readonly port: number
  /** How many connections were made to it. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

/** An http server on 127.0.0.1. */
export function listeningHttp(answer: RequestListener): Promise<Listening> {
  return listen(createServer(answer))
}

/** A server on 127.0.0.1 that hangs up on whoever connects. */
export function listeningDeaf(): Promise<Listening> {
  return listen(createPlainServer((socket) => socket.destroy()))
}

async function listen(server: Server): Promise<Listening> {
  let connections = 0
  server.on('connection', () => void (connections += 1))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}
