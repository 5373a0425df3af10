import { NetworkError } from '../errors/network-error.ts'
import { type RateLimit, XrpcError } from '../errors/xrpc-error.ts'
import { isJsonResponse, readJson } from '../http/body.ts'
import type { Clock } from '../http/clock.ts'
import { untilAborted } from '../http/deadline.ts'
import type { Random } from '../http/random.ts'
import type { Did } from '../syntax/did.ts'
import type { AnswerForm, CallOptions } from './call-options.ts'
import type { ClientSettings } from './client-settings.ts'
import { inTime } from './in-time.ts'
import { isRetryable } from './is-retryable.ts'
import { MAX_RESPONSE_BYTES } from './limits.ts'
import type { CallParts, LoadCallParts } from './load-call-parts.ts'
import { planUsualCall } from './plan-usual-call.ts'
import { readRateLimit } from './read-rate-limit.ts'
import type { Session, XrpcRequest } from './session.ts'

/** Whoever makes calls. */
interface AnyCaller {
  readonly session: { readonly did: Did | undefined }
  readonly clock: Clock
  readonly random: Random
}

/** For whom calls are made, and by which rules. */
export interface Caller<D extends Did | undefined, Client> extends AnyCaller {
  readonly session: Session<D>
  /** What is not by the defaults; undefined where all is. In a page, whatever needs it first tells its mistakes. */
  readonly settings?: ((parts: CallParts) => ClientSettings) | undefined
  readonly load: LoadCallParts
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

/** A call that is being made. */
export interface CallUnderWay {
  readonly caller: AnyCaller
  readonly call: Call
  readonly settings: ClientSettings
  readonly request: XrpcRequest
  /** When its time is over, by the monotonic clock. */
  readonly endsAt: number
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
 * Calls a method, and again where that can help and does no harm. What is not usual about it, and what is to be done
 * where it fails, is for a part that is loaded then.
 *
 * @throws XrpcError, SessionError, NetworkError, StorageError
 * @throws TypeError before anything is sent
 */
export async function callMethod<D extends Did | undefined, Client>(
  caller: Caller<D, Client>,
  call: Call,
): Promise<CallResult<Client>> {
  const { method, options } = call
  const usual = caller.settings ? undefined : planUsualCall(call)
  const planning = usual ?? withParts(caller, options.signal, ({ planCall }, by) => planCall(call, by))
  // What is there is not waited for: an input is read before its caller can go on to change it.
  const plan = planning instanceof Promise ? await planning : planning
  const { path, headers, settings } = plan
  const { signal, timeoutMs = settings.timeoutMs } = options
  return inTime(caller.clock, { path, signal, timeoutMs }, async (stop, endsAt) => {
    const { type, body, isRepeatable, discard } = await plan.makeInput()
    try {
      stop.throwIfAborted()
      if (type !== undefined) headers.set('content-type', type)
      const request = { method, path, headers, body, isRepeatable, signal: stop }
      return await callOrRepeat(caller, { caller, call, settings, request, endsAt })
    } finally {
      discard?.()
    }
  })
}

/** Does what takes the part, and the caller's settings. */
export function withParts<D extends Did | undefined, T>(
  { load, settings }: Caller<D, unknown>,
  signal: unknown,
  work: (parts: CallParts, settings: ClientSettings) => T,
): T | Promise<Awaited<T>> {
  const run = (parts: CallParts) => work(parts, settings?.(parts) ?? {})
  const loading = load()
  if (!(loading instanceof Promise)) return run(loading)
  // What is wrong with a signal is told by the part.
  return (signal instanceof AbortSignal ? untilAborted(signal, loading) : loading).then(run) as Promise<Awaited<T>>
}

/** What failed is thrown as it is where what would mend it cannot be loaded. */
async function callOrRepeat<D extends Did | undefined, Client>(
  caller: Caller<D, Client>,
  underWay: CallUnderWay,
): Promise<CallResult<Client>> {
  try {
    return await callOnce(caller, underWay)
  } catch (error) {
    // What is neither of the network nor an answer, nobody sends again.
    if (!(error instanceof NetworkError || error instanceof XrpcError)) throw error
    const { sendAgain } = await partsOr(caller.load, () => {
      throw error
    })
    return sendAgain(underWay, error, () => callOnce(caller, underWay))
  }
}

/** A usual answer is JSON, and a success. */
async function callOnce<D extends Did | undefined, Client>(
  caller: Caller<D, Client>,
  underWay: CallUnderWay,
): Promise<CallResult<Client>> {
  const { call, settings, request } = underWay
  const { response, session, conceal = String } = await caller.session.send(request)
  const { status, headers } = response
  const client = caller.over(session)
  const rateLimit = readRateLimit(headers)
  const { validate, maxResponseBytes = MAX_RESPONSE_BYTES } = settings
  const isUsual = response.ok && call.options.as === undefined && !validate && isJsonResponse(response)
  let data = isUsual ? await readJson(response, maxResponseBytes) : undefined
  if (data === undefined) {
    const { readAnswer } = await partsOr(caller.load, (cause) => {
      response.body?.cancel().catch(() => {}) // nobody reads it
      // The server has answered all the same, and may have acted.
      const detail = 'what reads it could not be loaded'
      const retryable = request.isRepeatable && isRetryable(status)
      const facts = { nsid: call.nsid, status, headers, error: '', found: status, rateLimit, client, response }
      throw new XrpcError(response.ok ? 'response_invalid' : 'error_response', {
        ...facts,
        retryable,
        detail,
        cause,
      })
    })
    data = await readAnswer({ ...underWay, response, isRead: isUsual, rateLimit, client, conceal })
  }
  return { data, status, headers, rateLimit, client }
}

/** The part, or what comes of it that it cannot be loaded. */
async function partsOr(load: LoadCallParts, whenMissing: (missing: unknown) => never): Promise<CallParts> {
  try {
    return await load()
  } catch (missing) {
    return whenMissing(missing)
  }
}
