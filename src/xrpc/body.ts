import { wrongArgument } from '../errors/wrong-argument.ts'
import type { RequestBody } from '../syntax/platform.ts'
import { jsonInput, type OutgoingInput } from './json-input.ts'
import { outgoingBody } from './outgoing-body.ts'

/** What can be sent as it is. A stream can be sent once. */
export type InputBody = Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>

/** An input that is not JSON. */
export type BodyInput =
  | {
      /**
       * What is sent, or a function that makes it, which is called once for each sending: so that a stream, too, can be
       * sent again when the server asks for it.
       */
      readonly input: InputBody | (() => InputBody | Promise<InputBody>)
      /** Its media type. @default that of a Blob, or application/octet-stream */
      readonly encoding?: string | undefined
    }
  | {
      readonly input: string | (() => string | InputBody | Promise<string | InputBody>)
      /** The media type of a text. */
      readonly encoding: string
    }

/** What an input may be that is not JSON. */
export const INPUT_BODIES = 'a Blob, bytes, a ReadableStream, or a function that makes one'
const UNKNOWN_TYPE = 'application/octet-stream'

/**
 * The input of a call as it is sent: JSON, or as it is where it cannot be JSON or its `encoding` is said.
 *
 * @throws TypeError for what is neither
 */
export async function outgoingInput(input: unknown, encoding: string | undefined): Promise<OutgoingInput> {
  if (typeof input === 'function') return fromFactory(input, encoding)
  if (isInputBody(input) || (input !== undefined && encoding !== undefined)) {
    const body = asBody(input)
    return { ...outgoingBody(body), type: encoding ?? typeOf(body), isJson: false }
  }
  // What JSON would make an empty object of, or a list of numbers.
  if (isForeignBody(input)) throw wrongArgument('input', INPUT_BODIES, input)
  return jsonInput(input)
}

/** What a function makes is needed before it is sent, where only it can tell its type. */
async function fromFactory(make: Function, encoding: string | undefined): Promise<OutgoingInput> {
  const makeBody = async () => asBody(await make())
  const known = { isRepeatable: true, isJson: false } as const
  if (encoding !== undefined) return { body: makeBody, type: encoding, ...known }
  let ahead: RequestBody | undefined = await makeBody()
  const take = () => {
    const made = ahead
    ahead = undefined
    return made
  }
  const discard = () => {
    const made = take()
    if (made instanceof ReadableStream) made.cancel().catch(() => {}) // it was never sent
  }
  return { body: () => take() ?? makeBody(), type: typeOf(ahead), discard, ...known }
}

function typeOf(body: RequestBody): string {
  if (typeof body === 'string') throw wrongArgument('encoding', 'the media type of a text', undefined)
  return body instanceof Blob && body.type !== '' ? body.type : UNKNOWN_TYPE
}

function asBody(value: unknown): RequestBody {
  if (typeof value === 'string' || isInputBody(value)) return value
  throw wrongArgument('input', INPUT_BODIES, value)
}

export function isInputBody(value: unknown): value is Exclude<RequestBody, string> {
  return (
    value instanceof Blob ||
    value instanceof ArrayBuffer ||
    value instanceof ReadableStream ||
    ArrayBuffer.isView(value)
  )
}

function isForeignBody(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value || value instanceof FormData || value instanceof URLSearchParams
}
