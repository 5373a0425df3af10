import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { LOOPBACK } from '../../e2e/network/loopback.ts'

/** A way to a server over which an answer can be lost. */
export interface AnswerThief {
  /** The server's URL, by this way. */
  readonly url: string
  /** Lets the next request of a connection reach the server, and breaks the connection in place of the answer. */
  loseNextAnswer(): void
  close(): Promise<void>
}

/** Stands in front of a server on loopback. */
export async function startAnswerThief(serverUrl: string): Promise<AnswerThief> {
  const url = new URL(serverUrl)
  const serverPort = Number(url.port)
  const sockets = new Set<Socket>()
  let isArmed = false
  const proxy = createServer((client) => {
    const server = connect(serverPort, LOOPBACK)
    let isLosing = false
    client.on('data', (bytes) => {
      // A request may come in pieces.
      isLosing ||= isArmed
      isArmed = false
      server.write(bytes)
    })
    server.on('data', (bytes) => {
      if (!isLosing) client.write(bytes)
      else client.destroy()
    })
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      sockets.add(socket)
      // One that breaks takes the other with it.
      socket.on('error', () => {})
      socket.once('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  proxy.listen(0, LOOPBACK)
  await once(proxy, 'listening')
  const address = proxy.address()
  if (typeof address === 'string' || !address) throw new Error('the proxy listens on no port')
  url.port = String(address.port)
  return {
    url: url.href,
    loseNextAnswer() {
      isArmed = true
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      proxy.close()
      await once(proxy, 'close')
    },
  }
}
