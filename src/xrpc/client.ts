import { NetworkError, XrpcError, type RateLimit, wrongArgument } from '../errors.ts'
import { isJsonResponse, readJson } from '../http/body.ts'
import { type Clock, SECOND, systemClock } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import { parseOrigin } from '../http/origin.ts'
import { createTransport, type TransportOptions } from '../http/create-transport.ts'
import { bareUrl } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid, type Nsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { outgoingBody } from './body.ts'
import { encodeParams } from './encode-params.ts'
import { readRateLimit } from './read-rate-limit.ts'
import type { InputOf, OutputOf, ParamsOf, Procedures, Queries } from './registry.ts'
import { ServiceSession } from './service-session.ts'
import type { Session, SessionInfoOf } from './session.ts'

/** What `with` can change of a client. */
export interface ClientSettings {
  /** Headers for every call. */
  readonly headers?: Readonly<Record<string, string>>
  /** Time for a call in all, a refresh in between included. @default 60_000 */
  readonly timeoutMs?: number
}

/** Options of a client without a session. */
export interface ServiceOptions extends ClientSettings, TransportOptions {
  /** The https URL of the service. */
  readonly service: string
}

/** Options of a client over a session. */
export interface SessionOptions<D extends Did | undefined> extends ClientSettings {
  readonly session: Session<D>
  readonly clock?: Clock
}

/** Options of one call. */
export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** The options of a query: `params` may be left out where none is required. */
export type QueryOptions<N> = CallOptions &
  ({} extends ParamsOf<N> ? { readonly params?: ParamsOf<N> } : { readonly params: ParamsOf<N> })

/** The options of a procedure. */
export type ProcedureOptions<N> = QueryOptions<N> &
  (undefined extends InputOf<N> ? { readonly input?: InputOf<N> } : { readonly input: InputOf<N> })

/** What a call gives. */
export interface XrpcResult<Data, D extends Did | undefined> {
  readonly data: Data
  readonly status: number
  readonly headers: Headers
  readonly rateLimit: RateLimit | undefined
  /** The same client over the session as it is now: the same object while nothing changed. */
  readonly client: XrpcClient<D>
}

/** Leaves out options that have nothing required in them. */
type OptionsArgument<Options> = {} extends Options ? [options?: Options] : [options: Options]

const DEFAULT_TIMEOUT_MS = 60 * SECOND
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024
/** Statuses after which the same call can succeed later. */
const RETRYABLE: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

/**
 * Calls XRPC methods, typed by the registry. An immutable value: `with` gives a changed copy, and each result carries
 * the client over the session as it then is. Every client of a session sends its newest tokens, so that an old one is
 * never wrong.
 *
 * @typeParam D the account's DID; `undefined` for a client without a session
 */
class Client<D extends Did | undefined = Did> {
  /** What the class is called outside. */
  static readonly name: string = 'XrpcClient'
  /** The account that calls are made for. */
  readonly did: D
  /** `(path, init) => Promise<Response>`: a fetch with this client's authority, for other libraries to build on. */
  readonly fetchHandler: (path: string, init?: RequestInit) => Promise<Response>
  readonly #session: Session<D>
  readonly #settings: ClientSettings
  readonly #clock: Clock

  constructor(options: SessionOptions<D> | ServiceOptions) {
    this.#clock = options.clock ?? systemClock
    this.#settings = { headers: options.headers ?? {}, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS }
    // The constructor's type, below, lets a service be given only where D is undefined.
    this.#session =
      'session' in options ? options.session : (serviceSession(options) as Session<Did | undefined> as Session<D>)
    this.did = this.#session.did
    this.fetchHandler = (path, init) => this.#fetch(path, init)
  }

  /** What was known of the session, without its secrets, when this client came to be: `result.client` has it newer. */
  get session(): SessionInfoOf<D> {
    return this.#session.info
  }

  /**
   * Calls a query.
   *
   * @param nsid a query of the registry; any other one is named with `nsid('com.example.getThing')`
   *
   * @example
   * const { data } = await client.get('com.atproto.repo.listRecords', { params: { repo: client.did, collection } })
   * @throws XrpcError `error_response`, `response_invalid`
   * @throws SessionError, NetworkError, StorageError
   * @see https://atproto.com/specs/xrpc
   */
  get<N extends keyof Queries | Nsid>(
    nsid: N,
    ...[options]: OptionsArgument<QueryOptions<N>>
  ): Promise<XrpcResult<OutputOf<N>, D>> {
    return this.#call(nsid, 'GET', options ?? {})
  }

  /**
   * Calls a procedure.
   *
   * @param nsid a procedure of the registry; any other one is named with `nsid('com.example.doThing')`
   *
   * @example
   * await client.post('com.atproto.repo.createRecord', { input: { repo: client.did, collection, record } })
   * @throws XrpcError `error_response`, `response_invalid`
   * @throws SessionError, NetworkError, StorageError
   * @see https://atproto.com/specs/xrpc
   */
  post<N extends keyof Procedures | Nsid>(
    nsid: N,
    ...[options]: OptionsArgument<ProcedureOptions<N>>
  ): Promise<XrpcResult<OutputOf<N>, D>> {
    return this.#call(nsid, 'POST', options ?? {})
  }

  /**
   * Refreshes the tokens now, although nothing calls for it. A session that has ended is tried once more.
   *
   * @throws SessionError, NetworkError, StorageError
   */
  async refresh(this: Client<Did>, options: { readonly signal?: AbortSignal } = {}): Promise<XrpcClient<Did>> {
    return this.#over(await this.#session.refresh(options))
  }

  /** A copy of this client with other settings. Headers are added to those it has. */
  with(settings: ClientSettings): XrpcClient<D> {
    const headers = Object.fromEntries(this.#headers(settings.headers))
    return new Client<D>({ ...this.#settings, ...settings, headers, session: this.#session, clock: this.#clock })
  }

  async #call<N>(
    nsid: string,
    method: 'GET' | 'POST',
    options: CallOptions & { readonly params?: unknown; readonly input?: unknown },
  ): Promise<XrpcResult<OutputOf<N>, D>> {
    if (!isNsid(nsid)) throw wrongArgument('nsid', 'an NSID such as com.example.getThings', nsid)
    const { params, input, signal } = options
    const headers = this.#headers(options.headers)
    if (input !== undefined) headers.set('content-type', 'application/json')
    headers.set('accept', 'application/json')
    const text = input === undefined ? undefined : JSON.stringify(input)
    const path = `/xrpc/${nsid}${encodeParams(isJsonObject(params) ? params : undefined)}`
    return this.#inTime(path, signal, async (stop) => {
      const request = { method, path, headers, ...outgoingBody(text), signal: stop }
      const { response, session, conceal = String } = await this.#session.send(request)
      const client = this.#over(session)
      const { status, headers: answered } = response
      const rateLimit = readRateLimit(answered)
      const data = await readData({ nsid, response, rateLimit, client, conceal })
      // The lexicon promises this type; `with({ validate })` is for those who want it proved.
      return { data: data as OutputOf<N>, status, headers: answered, rateLimit, client }
    })
  }

  async #fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = this.#headers(init.headers)
    return this.#inTime(path, init.signal ?? undefined, async (signal) => {
      const request = {
        method: (init.method ?? 'GET').toUpperCase(),
        path,
        headers,
        ...outgoingBody(init.body),
        signal,
      }
      return (await this.#session.send(request)).response
    })
  }

  #inTime<T>(path: string, signal: AbortSignal | undefined, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const timeoutMs = this.#settings.timeoutMs ?? DEFAULT_TIMEOUT_MS
    const onTimeout = () =>
      new NetworkError('timeout', { url: bareUrl(path), expected: `an answer in ${timeoutMs} ms` })
    return withDeadline(this.#clock, { timeoutMs, onTimeout, signal }, run)
  }

  #headers(own: HeadersInit | undefined): Headers {
    const headers = new Headers(this.#settings.headers)
    if (own !== undefined) for (const [name, value] of new Headers(own)) headers.set(name, value)
    return headers
  }

  #over(session: Session<D>): XrpcClient<D> {
    if (session === this.#session) return this
    return new Client<D>({ ...this.#settings, session, clock: this.#clock })
  }
}

/** A client: see its constructor, {@link XrpcClient}. */
export type XrpcClient<D extends Did | undefined = Did> = Client<D>

/** Makes a client: over a session, or with only a `service` for calls that need none. */
export const XrpcClient: {
  new (options: ServiceOptions): XrpcClient<undefined>
  new <D extends Did | undefined>(options: SessionOptions<D>): XrpcClient<D>
} = Client

function serviceSession(options: ServiceOptions): ServiceSession {
  const transport = createTransport(options)
  const origin = parseOrigin(transport, options.service)
  if (origin === undefined) throw wrongArgument('service', 'the https URL of a service', options.service)
  return new ServiceSession(transport, origin)
}

/** An answer, and what its errors are made of. */
interface Answered {
  readonly nsid: string
  readonly response: Response
  readonly rateLimit: RateLimit | undefined
  readonly client: unknown
  readonly conceal: (text: string) => string
}

async function readData({ nsid, response, rateLimit, client, conceal }: Answered): Promise<unknown> {
  const { status, headers } = response
  const type = headers.get('content-type')
  const isJson = isJsonResponse(response)
  const body = isJson ? await readJson(response, MAX_RESPONSE_BYTES) : undefined
  const facts = { nsid, status, headers, rateLimit, client, response }
  if (response.ok) {
    if (body !== undefined || status === 204 || type === null) return body
    const [field, expected, found] = isJson
      ? ['body', 'JSON, as its content-type says', undefined]
      : ['content-type', 'application/json', type]
    throw new XrpcError('response_invalid', { ...facts, error: '', field, expected, found })
  }
  const { error, message } = isJsonObject(body) ? body : {}
  const name = typeof error === 'string' ? conceal(error) : ''
  throw new XrpcError('error_response', {
    ...facts,
    error: name,
    field: nsid,
    found: name === '' ? status : `${status} ${name}`,
    detail: typeof message === 'string' ? conceal(message) : undefined,
    retryable: RETRYABLE.has(status),
  })
}
