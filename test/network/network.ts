import { AuthorizationServer } from './authorization-server.ts'
import { testClock } from './clock.ts'
import type { TestClock } from './clock.ts'
import { Consent } from './consent.ts'
import type { ApproveOptions, DenyOptions } from './consent.ts'
import { Directory } from './directory.ts'
import type { Account, CreateAccountOptions } from './directory.ts'
import { Faults, fetchFailed } from './faults.ts'
import type { Fault, FaultHandle } from './faults.ts'
import { beginEntry, matches, noteAnswer, readBody } from './log.ts'
import type { LogEntry, MutableLogEntry, RequestPattern } from './log.ts'
import { ProofChecker } from './proofs.ts'
import { followRedirects } from './redirects.ts'
import { Repositories } from './repositories.ts'
import { ResourceServer, withHeader } from './resource-server.ts'
import type { MethodHandler } from './resource-server.ts'
import type { Json } from './server-metadata.ts'
import { ServerSessions } from './server-sessions.ts'
import type { ServerSession } from './server-sessions.ts'

export interface NetworkOptions {
  /** The authorization server is at `https://entryway.example.com`, not at the PDS. @default false */
  readonly entryway?: boolean
  /** @default testClock() */
  readonly clock?: TestClock
  /** Of access tokens. @default 3600 */
  readonly tokenLifetimeSeconds?: number
  /** The servers hand out no DPoP nonces and ask for none. @default false */
  readonly noNonces?: boolean
}

type HostHandler = (request: Request) => Response | Promise<Response>

const PDS = 'https://pds.example.com'
const ENTRYWAY = 'https://entryway.example.com'

/** Makes a network of its own: a PLC directory, a PDS and an authorization server behind one `fetch`. */
export function createNetwork(options: NetworkOptions = {}): FakeNetwork {
  return new FakeNetwork(options)
}

export class FakeNetwork {
  readonly clock: TestClock
  readonly pds: string = PDS
  readonly issuer: string
  /** Every request, in the order of sending. */
  readonly log: LogEntry[] = []
  /** Client metadata documents and key sets by URL. */
  readonly clients = new Map<string, unknown>()
  readonly directory = new Directory(PDS)
  readonly plc: { readonly documents: Map<string, object | null> } = this.directory
  /** What the two well-known documents say; a test may change them in place. */
  readonly authorizationServerMetadata: Json
  readonly protectedResourceMetadata: Json
  /** Milliseconds that the clocks of all servers are ahead of the truth, their `Date` header too. */
  serverClockOffset = 0
  /** Changes the JSON of each token response that is a 200. */
  tokenAnswer: ((json: Json) => Json) | undefined
  /** The network as a client sees it. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>
  readonly resolveTxt: (name: string) => Promise<string[][]>

  readonly #startOfTime: number
  readonly #faults: Faults
  readonly #proofs: ProofChecker
  readonly #sessions: ServerSessions
  readonly #server: AuthorizationServer
  readonly #consent: Consent
  readonly #resourceServers = new Map<string, ResourceServer>()
  readonly #repositories = new Repositories()
  readonly #handlers = new Map<string, MethodHandler>()
  readonly #hosts = new Map<string, HostHandler>()

  constructor(options: NetworkOptions) {
    this.clock = options.clock ?? testClock()
    this.issuer = options.entryway ? ENTRYWAY : PDS
    this.#startOfTime = this.clock.now() - this.clock.monotonic()
    this.#faults = new Faults((ms) => this.clock.sleep(ms))
    const now = () => this.serverTime
    const trueTime = () => this.#startOfTime + this.clock.monotonic()
    this.#proofs = new ProofChecker({ now, trueTime, noNonces: options.noNonces ?? false })
    const lifetimeSeconds = options.tokenLifetimeSeconds ?? 3600
    this.#sessions = new ServerSessions({ now, lifetimeSeconds, isStateless: options.entryway ?? false })
    this.#server = new AuthorizationServer({
      issuer: this.issuer,
      now,
      proofs: this.#proofs,
      sessions: this.#sessions,
      documents: this.clients,
      answerToken: (json) => this.tokenAnswer?.(json) ?? json,
    })
    this.#consent = new Consent(this.#server, this.directory)
    this.authorizationServerMetadata = this.#server.metadata
    this.protectedResourceMetadata = this.addPds(PDS)
    this.fetch = async (input, init) => {
      const request = new Request(input, init)
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      return followRedirects(request, (each) => this.#send(each, signal))
    }
    this.resolveTxt = (name) => this.directory.resolveTxt(name)
  }

  /** What the servers' clocks show: true time and their offset, whatever the wall clock was set to. */
  get serverTime(): number {
    return this.#startOfTime + this.clock.monotonic() + this.serverClockOffset
  }

  createAccount(handle: string, options?: CreateAccountOptions): Account {
    return this.directory.createAccount(handle, options)
  }

  /** One more PDS that trusts the same authorization server. Its metadata. */
  addPds(origin: string): Json {
    const server = new ResourceServer({
      origin,
      issuer: this.issuer,
      proofs: this.#proofs,
      sessions: this.#sessions,
      directory: this.directory,
      repositories: this.#repositories,
      handlers: this.#handlers,
    })
    this.#resourceServers.set(origin, server)
    return server.metadata
  }

  /** Any other host, or one of ours replaced. A handler that throws is a host that cannot be reached. */
  host(origin: string, handler: HostHandler): void {
    this.#hosts.set(origin, handler)
  }

  /** Answers an XRPC method on every PDS, in place of ours too. */
  respond(nsid: string, handler: MethodHandler): void {
    this.#handlers.set(nsid, handler)
  }

  approve(authorizationUrl: string | URL, options?: ApproveOptions): string {
    return this.#consent.approve(authorizationUrl, options)
  }

  deny(authorizationUrl: string | URL, options?: DenyOptions): string {
    return this.#consent.deny(authorizationUrl, options)
  }

  fault(fault: Fault): FaultHandle {
    return this.#faults.add(fault)
  }

  clearFaults(): void {
    this.#faults.clear()
  }

  requestsTo(pattern: RequestPattern): LogEntry[] {
    return this.log.filter((entry) => matches(pattern, entry))
  }

  /** The newest session of an account, as the server sees it. It stays current. Throws where there never was one. */
  session(did: string): ServerSession {
    const session = this.#sessions.of(did).at(-1)
    if (!session) throw new Error(`no session of ${did}`)
    return session
  }

  /** All sessions of an account, oldest first. */
  sessions(did: string): readonly ServerSession[] {
    return this.#sessions.of(did)
  }

  revokeSessions(did: string): void {
    for (const session of this.#sessions.of(did)) this.#sessions.delete(session)
  }

  /** The servers forget the access tokens of an account: the next use is a 401. The sessions live on. */
  expireAccessTokens(did: string): void {
    this.#sessions.forgetAccessTokens(did)
  }

  /** Every nonce that was handed out becomes stale. */
  rotateNonces(): void {
    this.#proofs.rotate()
  }

  async #send(request: Request, signal: AbortSignal | null | undefined): Promise<Response> {
    const entry = beginEntry(request, this.clock.now())
    if (signal?.aborted) throw signal.reason
    this.log.push(entry)
    try {
      const response = await untilAborted(this.#deliver(request, entry), signal)
      entry.outcome = 'answered'
      return response
    } catch (error) {
      entry.outcome = signal?.aborted ? 'aborted' : 'failed'
      throw error
    }
  }

  /** What was sent goes its way, whether or not its sender still waits. */
  async #deliver(request: Request, entry: MutableLogEntry): Promise<Response> {
    await readBody(entry, request)
    const act = () => this.#act(request)
    const early = this.#faults.find('request', entry)
    const response = early ? await early(act, request) : await act()
    await noteAnswer(entry, response)
    const late = this.#faults.find('answer', entry)
    if (!late) return this.#stamp(response)
    const changed = await late(async () => response, request)
    entry.status = changed.status
    return this.#stamp(changed)
  }

  async #act(request: Request): Promise<Response> {
    const url = new URL(request.url)
    const host = this.#hosts.get(url.origin)
    if (host) return host(request)
    const answer = url.origin === this.issuer ? await this.#server.handle(request) : undefined
    if (answer) return answer
    const resourceServer = this.#resourceServers.get(url.origin)
    if (resourceServer) return resourceServer.handle(request)
    if (url.origin === this.issuer) return new Response('Not Found', { status: 404 })
    const document = this.clients.get(url.href)
    if (document !== undefined) return Response.json(document)
    const known = this.directory.handle(request)
    if (known) return known
    throw fetchFailed('ENOTFOUND')
  }

  #stamp(response: Response): Response {
    if (response.headers.has('date')) return response
    return withHeader(response, 'date', new Date(this.serverTime).toUTCString())
  }
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal | null | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
