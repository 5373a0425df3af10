import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { decodeJwt } from 'jose'
import { isJsonObject } from '../../src/syntax/shape.ts'
import type { FakeNetwork } from '../../src/testing.ts'
import type { Ledger } from './ledger.ts'
import type { Life } from './life.ts'
import type { Order } from './messages.ts'
import { nameToken } from './record-facts.ts'
import type { SeededRandom } from './seeded-random.ts'
import type { ShortTokens } from './short-tokens.ts'
import { bearerOf, REVOCATION_PATHS, TOKEN_PATHS } from './token-paths.ts'
import type { Fate, TokenRequest } from './truth.ts'

/** How often the way between a child and the network fails, by how. */
export interface WayFaults {
  /** The request is lost, and the server never acts. */
  readonly dropBefore: number
  /** The server acts, and nobody hears of it. */
  readonly dropAfter: number
  /** The connection ends in the middle of the answer. */
  readonly cutOff: number
  /** The answer is held back for so long, in ms of the scaled time. */
  readonly delay: number
  readonly delayMs: readonly [number, number]
}

export interface AdapterOptions {
  readonly network: FakeNetwork
  readonly ledger: Ledger
  readonly shortTokens: ShortTokens
  readonly random: SeededRandom
  /** Asked anew for each request. */
  readonly faults: () => WayFaults
  readonly lifeOf: (number: number) => Life | undefined
  readonly nextOrder: (life: Life) => Order
}

/** What the adapter did. */
export interface AdapterCounts {
  requests: number
  dropped: number
  delayed: number
}

const HOP_BY_HOP = /^(?:connection|keep-alive|transfer-encoding|content-length|host|x-kill-\w+)$/

/** The fake network for other processes: a server on loopback that hands on what it is sent, or loses it. */
export class Adapter {
  readonly counts: AdapterCounts = { requests: 0, dropped: 0, delayed: 0 }
  readonly #options: AdapterOptions
  readonly #server: Server

  constructor(options: AdapterOptions) {
    this.#options = options
    this.#server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
      this.#handle(request, response).catch(() => request.socket.destroy()) // whoever asked is gone, or is to think so
    })
  }

  /** @returns where it is reached */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve)
    })
    const address = this.#server.address()
    if (typeof address !== 'object' || !address) throw new Error('the adapter does not listen')
    return `http://127.0.0.1:${address.port}/`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
    const body = Buffer.concat(chunks)
    const life = this.#options.lifeOf(Number(incoming.headers['x-kill-life']))
    if (!life) throw new Error('nobody knows this child')
    const url = incoming.headers['x-kill-url']
    if (typeof url === 'string') return this.#forward(incoming, outgoing, { url, body, life })
    const asked: unknown = JSON.parse(body.toString())
    const answer = await this.#answer(incoming.url ?? '', isJsonObject(asked) ? asked : {}, life)
    outgoing.end(JSON.stringify(answer))
  }

  /** What a child asks of the parent itself. */
  async #answer(path: string, asked: Readonly<Record<string, unknown>>, life: Life): Promise<unknown> {
    const { network, nextOrder } = this.#options
    if (path === '/order') return nextOrder(life)
    if (path === '/txt') return network.resolveTxt(String(asked['name'])).catch(() => null)
    const callback = network.account(String(asked['did']))?.approve(String(asked['url']))
    return { callback }
  }

  async #forward(
    incoming: IncomingMessage,
    outgoing: ServerResponse,
    { url, body, life }: { readonly url: string; readonly body: Buffer; readonly life: Life },
  ): Promise<void> {
    const { network, random } = this.#options
    const { clock } = network
    this.counts.requests += 1
    // The run has its own log: the network's would grow with every request.
    if (this.counts.requests % 200 === 0) network.log.clear()
    const headers = new Headers()
    for (const [name, value] of Object.entries(incoming.headers)) {
      if (!HOP_BY_HOP.test(name) && typeof value === 'string') headers.set(name, value)
    }
    const method = incoming.method ?? 'GET'
    const noted = noteRequest(new URL(url).pathname, headers, body, life, clock.now())
    const fault = this.#drawFault()
    if (fault === 'dropped before') return this.#drop(incoming, noted, fault)

    const init = {
      method,
      headers,
      redirect: 'manual' as const,
      ...(body.length > 0 && { body: new Uint8Array(body) }),
    }
    const response = this.#options.shortTokens.restore(headers) ?? (await network.fetch(url, init))
    const text = this.#read(noted, response.status, Buffer.from(await response.arrayBuffer()))

    if (fault === 'dropped after') return this.#drop(incoming, noted, fault)
    if (fault === 'delayed') {
      this.counts.delayed += 1
      await clock.sleep(random.between(...this.#options.faults().delayMs))
    }
    outgoing.sendDate = false
    outgoing.writeHead(response.status, headersOf(response))
    if (fault === 'cut off' && text.length > 1) {
      outgoing.write(text.subarray(0, text.length / 2), () => this.#drop(incoming, noted, fault))
      return
    }
    const settle = () => noted && this.#settle(noted, outgoing.writableFinished ? 'delivered' : 'too late')
    if (incoming.socket.destroyed) return settle()
    outgoing.once('close', settle)
    outgoing.end(text)
  }

  #drawFault(): Fate | 'delayed' | undefined {
    const { random, faults } = this.#options
    const { dropBefore, dropAfter, cutOff, delay } = faults()
    const rest = 1 - dropBefore - dropAfter - cutOff - delay
    return random.weigh<Fate | 'delayed' | undefined>([
      [dropBefore, 'dropped before'],
      [dropAfter, 'dropped after'],
      [cutOff, 'cut off'],
      [delay, 'delayed'],
      [rest, undefined],
    ])
  }

  #drop(incoming: IncomingMessage, noted: TokenRequest | undefined, fate: Fate): void {
    this.counts.dropped += 1
    if (noted) this.#settle(noted, fate)
    incoming.socket.destroy()
  }

  #settle(noted: TokenRequest, fate: Fate): void {
    noted.fate = fate
    noted.settledAt = this.#options.network.clock.now()
    this.#options.ledger.fate(noted)
  }

  /** Notes what an answer says of tokens, and gives it as the child is to see it. */
  #read(noted: TokenRequest | undefined, status: number, text: Buffer): Buffer {
    if (!noted) return text
    const answer: unknown = text.length > 0 ? JSON.parse(text.toString()) : {}
    if (isJsonObject(answer)) this.#noteAnswer(noted, status, answer)
    const shortened = this.#options.shortTokens.shorten(answer)
    return shortened === answer ? text : Buffer.from(JSON.stringify(shortened))
  }

  #noteAnswer(noted: TokenRequest, status: number, answer: Readonly<Record<string, unknown>>): void {
    const { ledger, network } = this.#options
    noted.actedAt = network.clock.now()
    noted.status = status
    noted.error = [answer['error'], answer['error_description'] ?? answer['message']]
      .filter((part) => typeof part === 'string')
      .join(': ')
    const did = answer['sub'] ?? answer['did']
    const token = answer['refresh_token'] ?? answer['refreshJwt']
    if (typeof did === 'string' && typeof token === 'string') ledger.issued(noted, did, token)
    ledger.answered(noted)
  }
}

/** A request for tokens or a revocation; undefined for any other. */
function noteRequest(
  path: string,
  headers: Headers,
  body: Buffer,
  life: Life,
  arrivedAt: number,
): TokenRequest | undefined {
  if (!TOKEN_PATHS.has(path) && !REVOCATION_PATHS.has(path)) return undefined
  const form = new URLSearchParams(body.toString())
  const assertion = form.get('client_assertion')
  const iat = assertion === null ? undefined : decodeJwt(assertion).iat
  return {
    life,
    path,
    sent: nameToken(form.get('refresh_token') ?? form.get('token') ?? bearerOf(headers)),
    arrivedAt,
    assertedAt: iat === undefined ? undefined : iat * 1000,
    actedAt: arrivedAt,
    settledAt: arrivedAt,
    status: 0,
    error: '',
    fate: 'under way',
  }
}

/** The length is that of what is sent on. */
function headersOf({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name !== 'content-length'))
}
