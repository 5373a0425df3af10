import type { Clock } from '../http/clock.ts'
import { isNsid } from '../syntax/nsid.ts'
import { memoryStorage } from '../storage/memory.ts'
import { OAuthClient } from '../oauth-client.ts'
import type { OAuthClientOptions } from '../oauth-client-options.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { Account } from './account.ts'
import type { ApproveOptions, DenyOptions } from './authorization-server/consent.ts'
import type { ServerSession } from './authorization-server/server-sessions.ts'
import { AuthorizationServers } from './authorization-servers.ts'
import { Directory } from './directory.ts'
import { DomainNames, type FakeResolveTxt } from './domain-names.ts'
import type {
  CreateAccountOptions,
  FakeNetworkOptions,
  FakePds,
  FakeSignInOptions,
  HostHandler,
} from './fake-network-options.ts'
import { type Fault, type FaultHandle, Faults } from './faults/faults.ts'
import { fetchFailed, networkClosed } from './fetch-failed.ts'
import type { AddServiceOptions, FakeService } from './pds/fake-service.ts'
import type { MethodHandler } from './pds/method.ts'
import { Pds } from './pds/pds.ts'
import { type RateLimit, RateLimits } from './pds/rate-limits.ts'
import { Repositories } from './pds/repositories.ts'
import { Services } from './pds/services.ts'
import { ProofChecker } from './proofs.ts'
import { readNumber } from './read-number.ts'
import { readOrigin } from './read-origin.ts'
import { RequestLog } from './request-log.ts'
import type { Json } from './server-metadata.ts'
import { SigningKeys } from './signing-keys.ts'
import { type TestClock, testClock } from './test-clock.ts'
import { Wire, type WireFetch } from './wire.ts'

const PDS = 'https://pds.example.com'
const ENTRYWAY = 'https://entryway.example.com'
const REDIRECT_URI = 'http://127.0.0.1/callback'

/**
 * Makes an AT Protocol network in this process: a PLC directory, DNS, hosts of handles, a PDS and its authorization
 * server, behind one `fetch` and one `resolveTxt`. It is as strict as the reference server, fails as it is told, and
 * shares nothing with another network.
 *
 * @example
 * const network = fakeNetwork()
 * const client = await network.signIn('alice.test')
 * network.fault({ path: '/oauth/token', lose: 'answer' })
 * await client.refresh() // rejects: its answer was lost
 * console.log(String(network.log))
 */
export function fakeNetwork(options: FakeNetworkOptions = {}): FakeNetwork {
  return new FakeNetwork(options)
}

/** A network in this process. Made by {@link fakeNetwork}. */
export class FakeNetwork {
  /** The clock of the servers, and of the client under test. */
  readonly clock: TestClock
  /** The origin of the PDS, `https://pds.example.com`. */
  readonly pds: string = PDS
  /** The origin of its authorization server: the PDS, or the entryway. */
  readonly issuer: string
  /** Every request, in the order of sending. */
  readonly log: RequestLog = new RequestLog()
  /** The network as a client sees it. */
  readonly fetch: WireFetch
  /** DNS as a client sees it. */
  readonly resolveTxt: FakeResolveTxt
  /** DID documents by DID, to be changed or replaced; null is a tombstone. */
  readonly didDocuments: Map<string, object | null>
  /** What `https://<handle>/.well-known/atproto-did` says, by handle. */
  readonly wellKnownDids: Map<string, string>
  /** TXT records by name. Each record is a list of its chunks. */
  readonly txtRecords: Map<string, readonly (readonly string[])[]>
  /**
   * JSON by its URL: client metadata documents, key sets. Servers remember those that they fetched for ten minutes of
   * the clock, as the reference server does.
   */
  readonly documents: Map<string, unknown> = new Map()
  /** What the well-known document of the authorization server says; a test may change it in place. */
  readonly authorizationServerMetadata: Json
  /** What the well-known document of the PDS says; a test may change it in place. */
  readonly protectedResourceMetadata: Json
  /** Milliseconds that the clocks of all servers are ahead of the truth, their `Date` header too. */
  serverClockOffsetMs = 0

  readonly #startOfTime: number
  readonly #closing = new AbortController()
  readonly #directory: Directory
  readonly #faults: Faults
  readonly #wire: Wire
  readonly #names: DomainNames
  readonly #proofs: ProofChecker
  readonly #servers: AuthorizationServers
  readonly #pdses = new Map<string, Pds>()
  readonly #keys = new SigningKeys()
  readonly #repositories = new Repositories(() => this.serverTime)
  readonly #limits = new RateLimits(() => this.serverTime)
  readonly #services: Services
  readonly #handlers = new Map<string, MethodHandler>()
  readonly #hosts = new Map<string, HostHandler>()
  #tokenLifetimeSeconds = 3600

  /** @internal */
  constructor(options: FakeNetworkOptions) {
    this.tokenLifetimeSeconds = options.tokenLifetimeSeconds ?? 3600
    this.clock = options.clock ?? testClock({ autoAdvance: options.autoAdvance ?? false })
    this.issuer = options.entryway ? ENTRYWAY : PDS
    const began = this.clock.monotonic()
    this.#startOfTime = this.clock.now() - began
    const times = () => ({ at: this.clock.now(), elapsedMs: this.clock.monotonic() - began })
    this.#directory = new Directory(this.#keys)
    this.didDocuments = this.#directory.documents
    this.wellKnownDids = this.#directory.wellKnown
    this.txtRecords = this.#directory.txt
    const closing = this.#closing.signal
    this.#faults = new Faults({
      sleep: (ms) => this.clock.sleep(ms),
      rotateNonces: () => this.rotateNonces(),
      endSessionOf: (token) => this.#servers.endSessionOf(token),
      closing,
    })
    this.#proofs = new ProofChecker({
      now: () => this.serverTime,
      trueTime: () => this.#startOfTime + this.clock.monotonic(),
      noNonces: options.noNonces ?? false,
    })
    this.#wire = new Wire({
      times,
      log: this.log,
      faults: this.#faults,
      act: (request) => this.#act(request),
      serverTime: () => this.serverTime,
      identify: (request) => this.#identify(request),
      closing,
    })
    this.#servers = new AuthorizationServers({
      now: () => this.serverTime,
      proofs: this.#proofs,
      lifetimeSeconds: () => this.tokenLifetimeSeconds,
      isStateless: options.entryway ?? false,
      fetchFor: (host) => this.#wire.fetchFor(host),
    })
    this.#services = new Services({
      directory: this.#directory,
      now: () => this.serverTime,
      fetchFor: (host) => this.#wire.fetchFor(host),
    })
    this.#names = new DomainNames({ wire: this.#wire, records: this.txtRecords, times })
    this.fetch = this.#wire.fetchFor()
    this.resolveTxt = (name, { signal } = {}) => this.#names.resolveTxt(name, signal)
    const pds = this.addPds(PDS)
    this.authorizationServerMetadata = pds.authorizationServerMetadata
    this.protectedResourceMetadata = pds.protectedResourceMetadata
  }

  /**
   * Options for the client under test that lead it here: `new OAuthClient({ ...network.clientOptions, redirectUri })`.
   * A storage of your own takes the clock, too: `memoryStorage({ clock: network.clock })`. `allowLoopback` is among
   * them only because it also allows handles under `.test`.
   */
  get clientOptions(): {
    readonly [Name in 'fetch' | 'resolveTxt' | 'clock' | 'allowLoopback']: NonNullable<OAuthClientOptions[Name]>
  } {
    const { fetch, clock } = this
    const resolveTxt = (name: string, options: { readonly signal: AbortSignal }) => this.resolveTxt(name, options)
    return { fetch, resolveTxt, clock: clock satisfies Clock, allowLoopback: ['http://localhost'] }
  }

  /** Of the access tokens that are issued from now on, in seconds. @throws TypeError for less than 0.5 */
  get tokenLifetimeSeconds(): number {
    return this.#tokenLifetimeSeconds
  }

  set tokenLifetimeSeconds(seconds: number) {
    this.#tokenLifetimeSeconds = readNumber('tokenLifetimeSeconds', seconds, 0.5)
  }

  /** What the servers' clocks show, in ms since the epoch: true time and their offset, whatever the wall clock was set to. */
  get serverTime(): number {
    return this.#startOfTime + this.clock.monotonic() + this.serverClockOffsetMs
  }

  /**
   * Makes an account with a handle of its own, which is written in lower case as all handles are.
   *
   * @throws IdentityError `handle_malformed`
   * @throws TypeError where there is an account with this handle or DID, or no such PDS
   */
  createAccount(typed: string, options: CreateAccountOptions = {}): Account {
    const handle = this.#directory.newHandle(typed)
    const pds = options.pds ?? PDS
    if (options.did !== undefined && this.account(options.did)) {
      throw new TypeError(`did: expected one that nobody has, found ${options.did}`)
    }
    const account = new Account(
      {
        did: options.did ?? this.#directory.newDid(handle),
        handle,
        password: options.password ?? 'correct horse battery staple',
        email: `${handle}@mail.example.com`,
        pds: this.#findPds(pds).origin,
      },
      {
        consentAt: (url) => this.#servers.consentAt(url),
        sessionsOf: (did) => this.sessionsOf(did),
        revokeSessions: (did) => this.#servers.revokeSessions(did),
        expireAccessTokens: (did) => this.#servers.expireAccessTokens(did),
        takeDown: (did) => this.#takeDown(did),
        move: (moving, to) => this.#directory.move(moving, this.#findPds(to).origin),
        rename: (renamed, to) => this.#directory.rename(renamed, to),
      },
    )
    this.#directory.add(account, { dns: options.dns ?? false })
    return account
  }

  /** The account with a handle or DID. */
  account(identifier: string): Account | undefined {
    return this.#directory.find(identifier)
  }

  /** The OAuth sessions made for a DID, whose account may be elsewhere; oldest first. */
  sessionsOf(did: string): readonly ServerSession[] {
    return this.#servers.sessionsOf(did)
  }

  /**
   * Signs an account in, consent included, by its handle or DID. A handle that nobody has becomes an account.
   *
   * @throws what `authorize` and `callback` of the client throw; Error for an account that is taken down
   */
  async signIn(identifier: string, options: FakeSignInOptions = {}): Promise<XrpcClient> {
    const account = this.account(identifier) ?? this.createAccount(identifier)
    const oauth = options.oauth ?? this.#loopbackClient(options.scope)
    const { url, context } = await oauth.authorize(identifier)
    const { client } = await oauth.callback(account.approve(url), { context })
    return client
  }

  /**
   * Consents as the person that the request names by its `login_hint`, or as the only one there is.
   *
   * @returns the URL that the browser is sent to: for `callback`
   */
  approve(url: string | URL, options?: ApproveOptions): string {
    return this.#personAt(url).approve(url, options)
  }

  /** Refuses in the place of that person. */
  deny(url: string | URL, options?: DenyOptions): string {
    return this.#servers.consentAt(new URL(url)).deny(url, options ?? {})
  }

  /**
   * One more PDS.
   *
   * @param origin such as `https://pds2.example.com`
   * @param options.issuer the origin of its authorization server, made where there is none. @default the network's
   * @throws TypeError for what is no origin, or one that has a PDS
   */
  addPds(where: string, options: { readonly issuer?: string } = {}): FakePds {
    const origin = readOrigin('origin', where)
    const issuer = readOrigin('issuer', options.issuer ?? this.issuer)
    if (this.#pdses.has(origin)) throw new TypeError(`origin: expected one without a PDS, found ${origin}`)
    const { server, sessions } = this.#servers.ensure(issuer)
    const pds = new Pds({
      origin,
      issuer,
      sessions,
      proofs: this.#proofs,
      directory: this.#directory,
      repositories: this.#repositories,
      keys: this.#keys,
      limits: this.#limits,
      now: () => this.serverTime,
      fetch: this.#wire.fetchFor(new URL(origin).host),
      handlers: this.#handlers,
      findDefaultService: () => this.#services.default,
    })
    this.#pdses.set(origin, pds)
    server.addResource(origin)
    const { metadata: protectedResourceMetadata } = pds
    return { origin, issuer, protectedResourceMetadata, authorizationServerMetadata: server.metadata }
  }

  /** Any other host, or one of ours replaced, by its origin. @throws TypeError for what is no origin */
  host(origin: string, handler: HostHandler): void {
    this.#hosts.set(readOrigin('origin', origin), handler)
  }

  /**
   * One more service, that a PDS passes calls on to by `atproto-proxy`. It lets in whoever shows a service token of an
   * account, which is verified as the reference services do: signature, audience, method, expiry.
   *
   * @example
   * const api = network.addService('did:web:api.example.com#todo_api', {
   *   methods: { 'com.example.todo.list': (request, { did }) => ({ owner: did, todos: [] }) },
   * })
   * await client.with({ headers: { 'atproto-proxy': api.reference } }).get(nsid('com.example.todo.list'))
   * @param reference its DID and the id of its entry in the DID document, as `atproto-proxy` names it
   * @throws TypeError where the reference is not a DID, one `#` and a name, where the DID is no did:web and no `origin`
   *   is given, or where that origin has a service
   */
  addService(reference: string, options: AddServiceOptions = {}): FakeService {
    return this.#services.add(reference, options)
  }

  /**
   * Limits calls, on every PDS, from now on: answers carry `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, and
   * beyond the limit there is a 429 `RateLimitExceeded` with `Retry-After`. The tightest of several limits counts.
   */
  rateLimit(limit: RateLimit): void {
    this.#limits.add(limit)
  }

  /**
   * Answers an XRPC method on every PDS, in place of ours too: with a Response, or with what is its JSON. The caller's
   * token is checked before; without one the caller is undefined. A handler that throws is a 500.
   *
   * @throws TypeError for what is no NSID
   */
  respond(nsid: string, handler: MethodHandler): void {
    if (!isNsid(nsid)) throw new TypeError(`nsid: expected one such as com.example.doThing, found ${nsid}`)
    this.#handlers.set(nsid, handler)
  }

  /**
   * Arms a fault. A request and its answer are each struck by all faults that match and last (`times: Infinity`), and
   * by the first of the others.
   *
   * @throws TypeError for a fault that is none, a misspelt member, or a number that cannot be
   */
  fault(fault: Fault): FaultHandle {
    return this.#faults.add(fault)
  }

  /** Disarms all faults. What hangs keeps hanging. */
  clearFaults(): void {
    this.#faults.clear()
  }

  /** Every nonce that was handed out becomes stale. */
  rotateNonces(): void {
    this.#proofs.rotate()
  }

  /**
   * Ends the network and its clock, one that was given too: what is under way fails, no fetch works any more, and no
   * timer and no sleeper is left.
   */
  close(): void {
    this.#closing.abort(networkClosed())
    this.clock.close()
  }

  async #act(request: Request): Promise<Response> {
    const { origin, host, href } = new URL(request.url)
    const handler = this.#hosts.get(origin)
    if (handler) return handler(request)
    const document = this.documents.get(href)
    if (document !== undefined) return Response.json(document)
    const answer = await this.#servers.get(origin)?.handle(request)
    if (answer) return answer
    const pds = this.#pdses.get(origin)
    if (pds) return pds.handle(request)
    const served = await this.#services.at(origin)?.handle(request)
    if (served) return served
    if (this.#servers.get(origin)) return new Response('Not Found', { status: 404 })
    const known = await this.#directory.handle(request, (name) => this.#names.lookUp(host, name))
    if (known) return known
    throw fetchFailed('ENOTFOUND')
  }

  #personAt(url: string | URL): Account {
    const hint = this.#servers.consentAt(new URL(url)).hintOf(url)
    const accounts = [...this.#directory.accounts.values()]
    const [only] = accounts
    const account = hint === undefined ? accounts.length === 1 && only : this.account(hint)
    if (account) return account
    throw new Error(`whose consent? login_hint is ${hint}, and ${accounts.length} accounts exist`)
  }

  #findPds(origin: string): Pds {
    const pds = this.#pdses.get(origin)
    if (pds) return pds
    throw new TypeError(
      `pds: expected ${[...this.#pdses.keys()].join(' or ')}, or one more by addPds, found ${origin}`,
    )
  }

  #takeDown(did: string): void {
    this.#servers.revokeSessions(did)
    for (const pds of this.#pdses.values()) pds.revokePasswordSessions(did)
  }

  #identify(request: Request): string | undefined {
    const session = this.#servers.sessionBehind(request)
    return session && (this.#directory.accounts.get(session.did)?.handle ?? session.did)
  }

  #loopbackClient(scope: string | readonly string[] = 'atproto transition:generic'): OAuthClient {
    const storage = memoryStorage({ clock: this.clock })
    return new OAuthClient({ ...this.clientOptions, redirectUri: REDIRECT_URI, scope, storage })
  }
}
