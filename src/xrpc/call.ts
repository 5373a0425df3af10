import { NetworkError, type RateLimit, wrongArgument } from '../errors.ts'
import type { Clock } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import type { Random } from '../http/random.ts'
import { bareUrl } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertOptions, CALL_OPTIONS } from './assert-options.ts'
import { outgoingBody, type OutgoingInput, outgoingInput } from './body.ts'
import type { AnswerForm, CallOptions } from './call-options.ts'
import { CALL_TIMEOUT_MS, type ClientSettings, MAX_RESPONSE_BYTES, requestHeaders } from './client-settings.ts'
import { encodeParams } from './encode-params.ts'
import { readAnswer } from './read-answer.ts'
import { readRateLimit } from './read-rate-limit.ts'
import { withRetries } from './retry.ts'
import type { Session } from './session.ts'
import type { Validator } from './validator.ts'

/** By which rules calls are made. */
interface Rules {
  readonly settings: ClientSettings
  readonly clock: Clock
  readonly random: Random
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
  if (!isNsid(nsid)) throw wrongArgument('nsid', 'an NSID such as com.example.getThings', nsid)
  assertOptions('options', options, CALL_OPTIONS)
  const { settings, clock, random } = caller
  const { validate, retry, maxResponseBytes: maxBytes = MAX_RESPONSE_BYTES } = settings
  const { as, signal, timeoutMs } = options
  const params = isJsonObject(options.params) ? options.params : undefined
  const bare = `/xrpc/${nsid}`
  const path = `${bare}${encodeParams(validate ? validate.params(nsid, params) : params)}`
  return inTime(caller, { path, signal, timeoutMs }, async (stop, endsAt) => {
    const input = await outgoingInput(options.input, options.encoding)
    const { body, isRepeatable } = input
    if (method === 'POST') checkInput(call, input, validate)
    const headers = callHeaders(caller, call, input)
    const request = { method, path, headers, body, isRepeatable, signal: stop }
    const isQuery = method === 'GET'
    const retrying = { options: retry, path: bare, isQuery, isRepeatable, clock, random, endsAt, signal: stop }
    const calling = withRetries(retrying, async () => {
      const { response, session, conceal = String } = await caller.session.send(request)
      const client = caller.over(session)
      const rateLimit = readRateLimit(response.headers)
      const sent = { isSpent: !isRepeatable, hasAuthority: caller.session.did !== undefined }
      const data = await readAnswer({
        nsid,
        response,
        rateLimit,
        client,
        conceal,
        as,
        maxBytes,
        validate,
        ...sent,
      })
      return { data, status: response.status, headers: response.headers, rateLimit, client }
    })
    return calling.finally(input.discard)
  })
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
