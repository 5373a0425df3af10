import { NetworkError } from '../errors/network-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import type { RateLimit } from '../errors/xrpc-error.ts'
import type { Clock } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import type { Random } from '../http/random.ts'
import { bareUrl } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertOptions, CALL_OPTIONS } from './assert-options.ts'
import type { AnswerForm, CallOptions } from './call-options.ts'
import { CALL_TIMEOUT_MS, type ClientSettings, MAX_RESPONSE_BYTES, requestHeaders } from './client-settings.ts'
import { encodeParams } from './encode-params.ts'
import { isPlain, jsonInput, outgoingBody, type OutgoingInput } from './json-input.ts'
import type { LoadComposed } from './load-composed.ts'
import { readAnswer } from './read-answer.ts'
import { readRateLimit } from './read-rate-limit.ts'
import { readRetryAt } from './read-retry-at.ts'
import { withRetries } from './retry.ts'
import type { Session, XrpcRequest } from './session.ts'
import type { Validator } from './validator.ts'

/** By which rules calls are made. */
interface Rules {
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly random: Random
  readonly load: LoadComposed
}

/** For whom calls are made. */
export interface Caller<D extends Did | undefined, Client> extends Rules {
  readonly session: Session<D>
  /** The client over the session as it is after a call. */
  readonly over: (session: Session<D>) => Client
}

/** The method of a call, and what goes along. */
export interface Call {
  readonly nsid: string
  readonly method: 'GET' | 'POST'
  readonly options: CallOptions & {
    readonly params?: unknown
    readonly input?: unknown
    readonly encoding?: string | undefined
    readonly as?: AnswerForm | undefined
  }
}

/** What of a call has to do with time. */
interface TimedCall {
  readonly path: string
  readonly signal: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

/** What a call gives, its data not yet by the type that the registry has for it. */
export interface CallResult<Client> {
  readonly data: unknown
  readonly status: number
  readonly headers: Headers
  readonly rateLimit: RateLimit | undefined
  readonly client: Client
}

/**
 * Calls a method, and again where that can help and does no harm.
 *
 * @throws XrpcError, SessionError, NetworkError, StorageError
 * @throws TypeError before anything is sent
 */
export async function callMethod<D extends Did | undefined, Client>(
  caller: Caller<D, Client>,
  call: Call,
): Promise<CallResult<Client>> {
  const { nsid, method, options } = call
  if (typeof nsid !== 'string' || !isNsid(nsid))
    throw wrongArgument('nsid', 'an NSID such as com.example.getThings', nsid)
  assertOptions('options', options, CALL_OPTIONS)
  if (method === 'GET' && options.input !== undefined) {
    throw wrongArgument('input', 'none: a query takes `params` only', options.input)
  }
  const { settings, clock, random } = caller
  const { validate, retry } = settings
  const { signal, timeoutMs } = options
  const isQuery = method === 'GET'
  const params = isJsonObject(options.params) ? options.params : undefined
  const bare = `/xrpc/${nsid}`
  const path = `${bare}${encodeParams(validate ? validate.params(nsid, params) : params)}`
  return inTime(caller, { path, signal, timeoutMs }, async (stop, endsAt) => {
    const input = await inputOf(caller, options)
    try {
      stop.throwIfAborted()
      if (!isQuery) checkInput(call, input, validate)
      const { body, isRepeatable } = input
      const request = { method, path, headers: callHeaders(caller, call, input), body, isRepeatable, signal: stop }
      const retrying = { options: retry, path: bare, isQuery, isRepeatable, clock, random, endsAt, signal: stop }
      return await withRetries(retrying, () => callOnce(caller, call, request))
    } finally {
      input.discard?.()
    }
  })
}

async function callOnce<D extends Did | undefined, Client>(
  { session: caller, settings, clock, over }: Caller<D, Client>,
  { nsid, options }: Call,
  request: XrpcRequest,
): Promise<CallResult<Client>> {
  const { response, session, conceal = String } = await caller.send(request)
  const { status, headers } = response
  const client = over(session)
  const rateLimit = readRateLimit(headers)
  const data = await readAnswer({
    nsid,
    response,
    rateLimit,
    retryAt: readRetryAt(response, rateLimit, clock.now()),
    client,
    conceal,
    as: options.as,
    maxBytes: settings.maxResponseBytes ?? MAX_RESPONSE_BYTES,
    validate: settings.validate,
    isSpent: !request.isRepeatable,
    hasAuthority: caller.did !== undefined,
  })
  return { data, status, headers, rateLimit, client }
}

/** What a client's `fetchHandler` is: sends what it is given with the caller's authority, and gives any answer as it came. */
export function fetchAs<D extends Did | undefined>(
  caller: Caller<D, unknown>,
  path: string,
  init: RequestInit,
): Promise<Response> {
  return inTime(caller, { path, signal: init.signal ?? undefined }, async (signal) => {
    const method = (init.method ?? 'GET').toUpperCase()
    const headers = requestHeaders(caller.settings, init.headers)
    return (await caller.session.send({ method, path, headers, ...outgoingBody(init.body), signal })).response
  })
}

function checkInput(
  { nsid, options }: Call,
  { isJson, type }: OutgoingInput,
  validate: Validator | undefined,
): void {
  if (isJson) validate?.input(nsid, options.input)
  else validate?.inputEncoding(nsid, type ?? '')
}

/** The input as it is sent. */
async function inputOf({ load }: Rules, { input, encoding }: Call['options']): Promise<OutgoingInput> {
  if (encoding === undefined && isPlain(input)) return jsonInput(input)
  const { outgoingInput } = await load()
  return outgoingInput(input, encoding)
}

/** A content type stands where a body does, and says what that is. */
function callHeaders({ settings }: Rules, { options }: Call, { type }: OutgoingInput): Headers {
  const headers = requestHeaders(settings, options.headers)
  if (options.as === undefined) headers.set('accept', 'application/json')
  else if (!headers.has('accept')) headers.set('accept', '*/*')
  if (type === undefined) headers.delete('content-type')
  else headers.set('content-type', type)
  return headers
}

/** Holds a call to its time, whose end is told by the monotonic clock. */
function inTime<T>(
  { clock, settings }: Rules,
  { path, signal, timeoutMs = settings.timeoutMs ?? CALL_TIMEOUT_MS }: TimedCall,
  run: (signal: AbortSignal, endsAt: number) => Promise<T>,
): Promise<T> {
  const onTimeout = () =>
    new NetworkError('timeout', { url: bareUrl(path), expected: `an answer in ${timeoutMs} ms` })
  const endsAt = clock.monotonic() + timeoutMs
  return withDeadline(clock, { timeoutMs, onTimeout, signal }, (stop) => run(stop, endsAt))
}
