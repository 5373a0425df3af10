import type { ClientMetadata } from '../../src/index.ts'
import type { JWK } from 'jose'

/** Who the app is to the servers: the loopback client, or a confidential one with a key. */
export interface PeerClient {
  readonly metadata: ClientMetadata
  readonly keys?: readonly JWK[]
}

/** Where the network's servers are. */
export interface PeerNetwork {
  readonly pds: string
  readonly plc: string
}

/** An app that was built with another library. */
export interface Peer {
  /** As the other library has it: its loopback client has an id of its own. */
  readonly clientId: string
  authorize(handle: string): Promise<string>
  callback(url: string): Promise<void>
  /** Refreshes, and tells who is signed in. */
  refresh(did: string): Promise<number>
  /** What it has stored, as it stands in a database: text. */
  stored(did: string): string
}

/** What both libraries keep sessions and sign-ins in: every value as text, as a database has it. */
export class TextStore {
  readonly #texts = new Map<string, string>()

  async get(key: string): Promise<object | undefined> {
    const text = this.#texts.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }

  async set(key: string, value: object): Promise<void> {
    this.#texts.set(key, JSON.stringify(value))
  }

  async del(key: string): Promise<void> {
    this.#texts.delete(key)
  }

  delete(key: string): Promise<void> {
    return this.del(key)
  }

  async clear(): Promise<void> {
    this.#texts.clear()
  }

  text(key: string): string {
    const text = this.#texts.get(key)
    if (text === undefined) throw new Error(`nothing is stored under ${key}`)
    return text
  }
}

export const GET_SESSION = '/xrpc/com.atproto.server.getSession'
