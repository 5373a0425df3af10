import { NetworkError } from '../errors/network-error.ts'
import { type RateLimit, XrpcError } from '../errors/xrpc-error.ts'
import { isJsonResponse, readJson } from '../http/body.ts'
import { readBytes } from '../http/read-bytes.ts'
import { bareUrl } from '../http/transport.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { CallUnderWay } from './call.ts'
import { MAX_RESPONSE_BYTES } from './limits.ts'
import { readRetryAt } from './read-retry-at.ts'
import { isRetryable } from './is-retryable.ts'
import { InvalidOutput } from './validator.ts'

/** An answer, and what its errors are made of. */
export interface AnsweredCall extends CallUnderWay {
  readonly response: Response
  /** Whether its body was read already, and is no JSON. */
  readonly isRead: boolean
  readonly rateLimit: RateLimit | undefined
  /** The client over the session as it is now. */
  readonly client: unknown
  /** Takes out of a text what the request was authorised with. */
  readonly conceal: (text: string) => string
}

const GIVE_A_FUNCTION = 'give `input` as a function that makes the stream: a stream can be sent only once'

/** What is read of an error. */
export const MAX_ERROR_BYTES: number = 64 * 1024

/**
 * Reads what a method answered, where that is not just JSON: nothing, in the form that was asked for, or what is to be
 * checked. An error is read as an error in any case.
 *
 * @throws XrpcError `error_response`, `response_invalid`
 * @throws NetworkError `too_large`, `answer_cut_off`
 */
export async function readAnswer(answered: AnsweredCall): Promise<unknown> {
  const { call, settings, response } = answered
  const { as } = call.options
  const { validate, maxResponseBytes = MAX_RESPONSE_BYTES } = settings
  if (!response.ok) throw await errorOf(answered)
  try {
    if (as === undefined) return await readOutput(answered)
    validate?.outputEncoding(call.nsid, response.headers.get('content-type'))
    if (as === 'bytes') return await readBytes(response, maxResponseBytes)
    return response.body ?? new Blob([]).stream()
  } catch (error) {
    response.body?.cancel().catch(() => {}) // what is left of it nobody reads
    if (error instanceof InvalidOutput) throw invalid(answered, error)
    throw error
  }
}

async function readOutput(answered: AnsweredCall): Promise<unknown> {
  const { call, settings, response, isRead } = answered
  const { validate, maxResponseBytes = MAX_RESPONSE_BYTES } = settings
  const type = response.headers.get('content-type')
  const isJson = isJsonResponse(response)
  const output = isJson && !isRead ? await readJson(response, maxResponseBytes) : undefined
  if (output === undefined && (isJson || !(await isEmpty(response, type)))) {
    throw isJson
      ? new InvalidOutput('body', 'JSON, as its content-type says')
      : new InvalidOutput('content-type', 'application/json', type)
  }
  validate?.output(call.nsid, output)
  return output
}

/** Whether an answer that is no JSON is the one of a method without an output. */
async function isEmpty(response: Response, type: string | null): Promise<boolean> {
  if (response.status === 204) return true
  if (type !== null) return false
  const bytes = await readBytes(response, 0).catch((error: unknown) => {
    if (error instanceof NetworkError && error.code === 'too_large') return undefined
    throw error
  })
  return bytes !== undefined
}

function invalid(answered: AnsweredCall, { field, expected, found }: InvalidOutput): XrpcError {
  const { response, conceal } = answered
  return new XrpcError('response_invalid', {
    ...factsOf(answered),
    error: '',
    url: bareUrl(response.url) || undefined,
    // The path into an answer has names in it that the server chose.
    field: conceal(field),
    expected,
    found: typeof found === 'string' ? conceal(found) : found,
  })
}

/** HTML of a proxy, nothing at all or half an answer has no name: the status is known all the same. */
async function errorOf(answered: AnsweredCall): Promise<XrpcError> {
  const { call, request, response, conceal } = answered
  const { error, message } = await readError(response)
  const { status } = response
  const name = typeof error === 'string' ? conceal(error) : ''
  const isOver = !request.isRepeatable && (isRetryable(status) || asksAgain(answered, name))
  return new XrpcError('error_response', {
    ...factsOf(answered),
    error: name,
    field: call.nsid,
    found: name === '' ? status : `${status} ${name}`,
    detail: typeof message === 'string' ? conceal(message) : undefined,
    retryable: isRetryable(status) && !isOver,
    action: isOver ? GIVE_A_FUNCTION : undefined,
  })
}

/** Whether the same request would be sent once more, with a new nonce or token. */
function asksAgain({ caller, response }: AnsweredCall, name: string): boolean {
  return caller.session.did !== undefined && (response.status === 401 || name === 'ExpiredToken')
}

async function readError(response: Response): Promise<Readonly<Record<string, unknown>>> {
  if (!isJsonResponse(response)) {
    response.body?.cancel().catch(() => {}) // nobody reads it
    return {}
  }
  try {
    const body = await readJson(response, MAX_ERROR_BYTES)
    return isJsonObject(body) ? body : {}
  } catch (error) {
    if (error instanceof NetworkError) return {}
    throw error
  }
}

function factsOf({ caller, call, response, rateLimit, client }: AnsweredCall) {
  const { status, headers } = response
  const retryAt = readRetryAt(response, rateLimit, caller.clock.now())
  return { nsid: call.nsid, status, headers, rateLimit, retryAt, client, response }
}
