import { NetworkError } from '../errors/network-error.ts'
import { withoutRetry } from '../errors/without-retry.ts'
import { type RateLimit, XrpcError } from '../errors/xrpc-error.ts'
import { isJsonResponse, readBytes, readJson } from '../http/body.ts'
import { bareUrl } from '../http/transport.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { AnswerForm } from './call-options.ts'
import { isRetryable } from './retry.ts'
import { InvalidOutput, type Validator } from './validator.ts'

/** An answer, how it is to be read, and what its errors are made of. */
export interface Answered {
  readonly nsid: string
  readonly response: Response
  readonly rateLimit: RateLimit | undefined
  /** When the server wants the call again. */
  readonly retryAt: number | undefined
  readonly client: unknown
  /** Takes out of a text what the request was authorised with. */
  readonly conceal: (text: string) => string
  readonly as: AnswerForm | undefined
  readonly maxBytes: number
  readonly validate: Validator | undefined
  /** Whether the request was a stream, which cannot be sent again. */
  readonly isSpent: boolean
  /** Whether the request had authority, which a server can ask for once more. */
  readonly hasAuthority: boolean
}

const GIVE_A_FUNCTION = 'give `input` as a function that makes the stream: a stream can be sent only once'

const READ_MORE = "raise `maxResponseBytes`, or read the answer as it comes, with `as: 'stream'`"

/** What is read of an error. */
export const MAX_ERROR_BYTES: number = 64 * 1024

/**
 * Reads what a method answered: JSON, or in the form that was asked for. An error is read as an error in any case.
 *
 * @throws XrpcError `error_response`, `response_invalid`
 * @throws NetworkError `too_large`, `answer_cut_off`
 */
export async function readAnswer(answered: Answered): Promise<unknown> {
  const { nsid, response, as, maxBytes, validate } = answered
  if (!response.ok) throw await errorOf(answered)
  try {
    if (as === undefined) return await readOutput(answered)
    validate?.outputEncoding(nsid, response.headers.get('content-type'))
    if (as === 'bytes') return await readBytes(response, maxBytes)
    return response.body ?? new Blob([]).stream()
  } catch (error) {
    response.body?.cancel().catch(() => {}) // what is left of it nobody reads
    if (error instanceof InvalidOutput) throw invalid(answered, error)
    if (error instanceof NetworkError && error.code === 'too_large') throw withoutRetry(error, READ_MORE)
    throw error
  }
}

async function readOutput(answered: Answered): Promise<unknown> {
  const { nsid, response, maxBytes, validate } = answered
  const type = response.headers.get('content-type')
  const isJson = isJsonResponse(response)
  const output = isJson ? await readJson(response, maxBytes) : undefined
  if (output === undefined && (isJson || !(await isEmpty(response, type)))) {
    throw isJson
      ? new InvalidOutput('body', 'JSON, as its content-type says')
      : new InvalidOutput('content-type', 'application/json', type)
  }
  validate?.output(nsid, output)
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

function invalid(answered: Answered, { field, expected, found }: InvalidOutput): XrpcError {
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
async function errorOf(answered: Answered): Promise<XrpcError> {
  const { nsid, response, conceal } = answered
  const { error, message } = await readError(response)
  const { status } = response
  const name = typeof error === 'string' ? conceal(error) : ''
  const isOver = answered.isSpent && (isRetryable(status) || asksAgain(answered, name))
  return new XrpcError('error_response', {
    ...factsOf(answered),
    error: name,
    field: nsid,
    found: name === '' ? status : `${status} ${name}`,
    detail: typeof message === 'string' ? conceal(message) : undefined,
    retryable: isRetryable(status) && !isOver,
    action: isOver ? GIVE_A_FUNCTION : undefined,
  })
}

/** Whether the same request would be sent once more, with a new nonce or token. */
function asksAgain({ hasAuthority, response }: Answered, name: string): boolean {
  return hasAuthority && (response.status === 401 || name === 'ExpiredToken')
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

function factsOf({ nsid, response, rateLimit, retryAt, client }: Answered) {
  const { status, headers } = response
  return { nsid, status, headers, rateLimit, retryAt, client, response }
}
