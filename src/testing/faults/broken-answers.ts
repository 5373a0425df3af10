import { copyResponse } from '../copy-response.ts'
import type { BodyFault, ChallengeFault } from './faults.ts'

const HUGE_CHUNK = new Uint8Array(1024 * 1024).fill(0x20)
const HUGE_CHUNKS = 64

/** What becomes of the bytes of a body, and of what they are called. */
const SPOILERS: Readonly<
  Record<BodyFault, (bytes: Uint8Array<ArrayBuffer>) => { readonly body: BodyInit | null; readonly type?: string }>
> = {
  html: () => ({
    body: '<!doctype html><title>Welcome</title><p>Please log in',
    type: 'text/html; charset=utf-8',
  }),
  empty: () => ({ body: null }),
  'cut-off': (bytes) => ({ body: pauseHalfWay(bytes, cutOff) }),
  half: (bytes) => ({ body: bytes.slice(0, Math.floor(bytes.length / 2)) }),
  huge: (bytes) => ({ body: padWithBlanks(bytes) }),
  array: (bytes) => ({ body: `[${new TextDecoder().decode(bytes)}]` }),
  text: (bytes) => ({ body: bytes, type: 'text/plain' }),
}

/** The response with its body spoilt. */
export async function spoilBody(response: Response, kind: BodyFault): Promise<Response> {
  const { body, type } = SPOILERS[kind](new Uint8Array(await response.arrayBuffer()))
  const spoilt = copyResponse(response, body)
  if (type !== undefined) spoilt.headers.set('content-type', type)
  return spoilt
}

/** The response with a body that stops half-way until something has happened. */
export async function breakBody(response: Response, middle: () => Promise<void>): Promise<Response> {
  return copyResponse(response, pauseHalfWay(new Uint8Array(await response.arrayBuffer()), middle))
}

function pauseHalfWay(
  bytes: Uint8Array<ArrayBuffer>,
  middle: () => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const half = Math.floor(bytes.length / 2)
  const parts = [bytes.subarray(0, half), bytes.subarray(half)]
  return new ReadableStream({
    async pull(controller) {
      const part = parts.shift()
      if (parts.length === 0) await middle()
      if (part) controller.enqueue(part)
      if (parts.length === 0) controller.close()
    },
  })
}

/** The end of a connection, as a reader of its body meets it on Node. */
async function cutOff(): Promise<never> {
  const cause = Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })
  throw new TypeError('terminated', { cause })
}

/** The response with its challenge written in another way (RFC 9110 §11.6.1). */
export function rewriteChallenge(response: Response, how: ChallengeFault): Response {
  const copy = copyResponse(response)
  const challenge = copy.headers.get('www-authenticate') ?? ''
  copy.headers.set('www-authenticate', REWRITERS[how](challenge))
  return copy
}

const REWRITERS: Readonly<Record<ChallengeFault, (challenge: string) => string>> = {
  several: (challenge) => `Basic realm="a, b", Bearer error="invalid_request", ${challenge}`,
  unquoted: (challenge) =>
    challenge.replace(/="([^"]*)"/g, (_, text: string) => `=${text.replace(/[^\w.-]+/g, '_')}`),
  capitals: (challenge) => challenge.replace(/^\w+|[\w]+(?==)/g, (name) => name.toUpperCase()),
}

function padWithBlanks(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = HUGE_CHUNKS
  return new ReadableStream({
    pull(controller) {
      if (left > 0) controller.enqueue(HUGE_CHUNK.slice())
      else {
        controller.enqueue(bytes)
        controller.close()
      }
      left -= 1
    },
  })
}
