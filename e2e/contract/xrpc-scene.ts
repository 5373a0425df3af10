import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { fakeNetwork } from 'atproof/testing'
import { listenOnLoopback } from '../network/loopback.ts'
import { startNetwork } from '../network/start.ts'
import { openFakeWorld } from './fake-world.ts'
import { generateKey, PlainClient } from './plain-client.ts'
import { openRealWorld } from './real-world.ts'
import type { ContractWorld, Person } from './world.ts'

/** A server that a PDS passes calls on to. */
type Serve = (request: Request) => Response | Promise<Response>

/** A network whose PDS reaches servers of the test too. */
export interface XrpcWorld extends ContractWorld {
  /** Starts a server, and returns its origin. */
  serve(handler: Serve): Promise<string>
  /** Puts the clocks of the servers forward. The proofs of an OAuth session are too old then. */
  skip(ms: number): Promise<void>
}

/** Both networks, each by its name: `describe.each(XRPC_WORLDS)`. */
export const XRPC_WORLDS: readonly (readonly [name: string, open: () => Promise<XrpcWorld>])[] = [
  ['the fake network', openFakeXrpcWorld],
  ['the real network', openRealXrpcWorld],
]

export interface XrpcAnswer {
  readonly status: number
  readonly headers: Headers
  readonly json: Readonly<Record<string, unknown>>
}

export interface XrpcOptions {
  readonly params?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly input?: unknown
  /** Sent as it is. */
  readonly body?: BodyInit
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Calls methods in somebody's name, or in nobody's. */
export type Xrpc = (nsid: string, options?: XrpcOptions) => Promise<XrpcAnswer>

export interface XrpcScene {
  readonly world: XrpcWorld
  readonly alice: Person
  readonly bob: Person
  readonly nobody: Xrpc
  /** An OAuth session of alice, or of another. The client asks for this scope, and gets all of it. */
  signIn(scope?: string, person?: Person): Promise<Xrpc>
  /** A call with this token as it is. */
  bearer(token: string): Xrpc
  /** What `createSession` answers. */
  logIn(person?: Person): Promise<{ readonly accessJwt: string; readonly refreshJwt: string }>
}

export async function openXrpcScene(open: () => Promise<XrpcWorld>): Promise<XrpcScene> {
  const world = await open()
  const [alice, bob] = [await world.newPerson(), await world.newPerson()]
  const callWith =
    (headers: Readonly<Record<string, string>>): Xrpc =>
    async (nsid, options = {}) =>
      readAnswer(await world.fetch(urlOf(world, nsid, options), initOf(options, headers)))
  return {
    world,
    alice,
    bob,
    nobody: callWith({}),
    bearer: (token) => callWith({ authorization: `Bearer ${token}` }),
    async signIn(scope = 'atproto transition:generic', person = alice) {
      const client = new PlainClient(world, await generateKey())
      client.clientId = `http://localhost?${new URLSearchParams({ scope })}`
      client.scope = scope
      const tokens = await client.signIn(person)
      const call: Xrpc = async (nsid, options = {}) => {
        const url = urlOf(world, nsid, options)
        const { method, headers, body } = initOf(options, {})
        const token = { authorization: `DPoP ${tokens.access_token}` }
        const prove = () => client.prove(method, url, { accessToken: tokens.access_token })
        const send = async () =>
          world.fetch(url, {
            method,
            headers: { ...token, dpop: await prove(), ...headers },
            ...(body && { body }),
          })
        const first = await send()
        const nonce = first.headers.get('dpop-nonce')
        if (nonce) client.nonces.set(new URL(url).origin, nonce)
        const answer = await readAnswer(first)
        return answer.json.error === 'use_dpop_nonce' ? readAnswer(await send()) : answer
      }
      return call
    },
    async logIn(person = alice) {
      const input = { identifier: person.did, password: person.password }
      const { json } = await callWith({})('com.atproto.server.createSession', { input })
      return { accessJwt: String(json.accessJwt), refreshJwt: String(json.refreshJwt) }
    },
  }
}

/** An answer without its headers. */
export function shown({ status, json }: XrpcAnswer): [status: number, json: XrpcAnswer['json']] {
  return [status, json]
}

/** The record key that an answer has in its `uri`. */
export function keyOf({ json }: XrpcAnswer): string {
  return String(json.uri).split('/').at(-1) ?? ''
}

/** An answer in short: `200`, `400 InvalidRequest`. */
export function outcomeOf({ status, json }: XrpcAnswer): string {
  return typeof json.error === 'string' ? `${status} ${json.error}` : String(status)
}

function urlOf({ pds }: XrpcWorld, nsid: string, { params }: XrpcOptions): string {
  return `${pds}/xrpc/${nsid}${params ? `?${new URLSearchParams(params)}` : ''}`
}

function initOf({ input, body, method, headers }: XrpcOptions, more: Readonly<Record<string, string>>) {
  const content = input === undefined ? body : JSON.stringify(input)
  return {
    method: method ?? (content === undefined ? 'GET' : 'POST'),
    headers: { ...more, ...(input !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(content !== undefined && { body: content }),
  }
}

async function readAnswer(response: Response): Promise<XrpcAnswer> {
  const { status, headers } = response
  const text = await response.text()
  const isJson = text !== '' && headers.get('content-type')?.startsWith('application/json')
  return { status, headers, json: isJson ? JSON.parse(text) : { text } }
}

async function openFakeXrpcWorld(): Promise<XrpcWorld> {
  const network = fakeNetwork()
  let servers = 0
  return {
    ...(await openFakeWorld(network)),
    skip: (ms) => network.clock.advance(ms),
    async serve(handler) {
      const origin = `https://service${++servers}.example.com`
      network.host(origin, handler)
      return origin
    },
  }
}

async function openRealXrpcWorld(): Promise<XrpcWorld> {
  const network = await startNetwork()
  const world = await openRealWorld(network)
  const closers: (() => void)[] = []
  return {
    ...world,
    skip: (ms) => network.skipTime(ms),
    async serve(handler) {
      const server = createServer((request, response) => void answerOver(handler, request, response))
      closers.push(() => server.close().closeAllConnections())
      return `http://127.0.0.1:${await listenOnLoopback(server)}`
    },
    async close() {
      for (const close of closers) close()
      await world.close()
    },
  }
}

async function answerOver(handler: Serve, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = 'GET', url = '/', headers } = request
  const body = await buffer(request)
  const init = {
    method,
    headers: new Headers(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  }
  const answer = await handler(new Request(`http://localhost${url}`, { ...init, ...(body.length && { body }) }))
  response
    .writeHead(answer.status, Object.fromEntries(answer.headers))
    .end(Buffer.from(await answer.arrayBuffer()))
}
