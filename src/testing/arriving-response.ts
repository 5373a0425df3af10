import { noteStep } from './pending-work.ts'
import { untilAborted } from './until-aborted.ts'

/** How a response gets to its sender. */
export interface Arrival {
  readonly request: Request
  /** The `Date` that it carries where the server gave none, in ms since the epoch. */
  readonly serverTime: number
  /** Each ends the reading of the body with its reason, as the signal of a fetch does. */
  readonly signals: readonly (AbortSignal | null | undefined)[]
}

/** A response as its sender sees it: dated, readable until a signal is aborted, and with no body for HEAD. */
export function arrivingResponse(response: Response, { request, serverTime, signals }: Arrival): Response {
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  if (!headers.has('date')) headers.set('date', new Date(serverTime).toUTCString())
  const body = response.body && request.method !== 'HEAD' ? readUntilAborted(response.body, signals) : null
  return new Response(body, { status, statusText, headers })
}

/** Refuses what a handler of the test gave and cannot be sent. Any realm's Response will do. */
export function assertResponse(answer: unknown): asserts answer is Response {
  const isResponse = typeof answer === 'object' && answer !== null && 'status' in answer && 'headers' in answer
  if (!isResponse) throw new TypeError(`a handler gave ${typeof answer}: expected a Response`)
  const { type, bodyUsed } = answer as Response
  if (type === 'error')
    throw new TypeError('fetch failed', { cause: new Error('a handler gave Response.error()') })
  if (bodyUsed) throw new TypeError('a handler gave a Response that was read before: expected a new one each time')
}

/** Nothing is read ahead, so that a huge body is made only as far as it is wanted. */
function readUntilAborted(
  source: ReadableStream<Uint8Array>,
  signals: Arrival['signals'],
): ReadableStream<Uint8Array> {
  const reader = source.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        noteStep()
        const { done, value } = await untilAborted(reader.read(), ...signals).catch((error: unknown) => {
          reader.cancel(error).catch(() => {}) // The reader of the body is told by `error`.
          throw error
        })
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}
