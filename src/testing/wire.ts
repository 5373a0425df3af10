import { arrivingResponse, assertResponse } from './arriving-response.ts'
import type { Faults } from './faults/faults.ts'
import { asFetchFailed } from './fetch-failed.ts'
import { followRedirects } from './redirects.ts'
import { noteStep } from './pending-work.ts'
import { untilAborted } from './until-aborted.ts'
import {
  type LogEntry,
  noteAnswer,
  openEntry,
  type OpenLogEntry,
  readBody,
  type RequestLog,
} from './request-log.ts'

/**
 * `fetch`, as a client sees it: `redirect`, `signal` and `HEAD` do what they do on Node.
 *
 * @throws TypeError `fetch failed` where no answer comes, with the reason as its `cause`; the reason of an aborted signal
 */
export type WireFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What is at the end of a wire. */
export interface WireOptions {
  /** When a request is sent. */
  readonly times: () => Pick<LogEntry, 'at' | 'elapsedMs'>
  readonly log: RequestLog
  readonly faults: Faults
  /** The server that acts on a request. Throws where there is none. */
  readonly act: (request: Request) => Promise<Response>
  /** The `Date` of the servers, in ms since the epoch. */
  readonly serverTime: () => number
  /** The handle of the account whose access token a request carries. */
  readonly identify: (request: Request) => string | undefined
  /** Aborted once the network is closed. */
  readonly closing: AbortSignal
}

/** Carries requests to servers: keeps the log, and faults happen here. */
export class Wire {
  readonly #options: WireOptions

  constructor(options: WireOptions) {
    this.#options = options
  }

  /** The fetch of the app, or of the server at a host. */
  fetchFor(host?: string): WireFetch {
    return async (input, init) => {
      const given = input instanceof Request ? input : undefined
      const redirect = init?.redirect ?? given?.redirect ?? 'follow'
      // All of it is done here: workerd makes no Request with `redirect: 'error'`.
      const request = new Request(input, { ...init, ...sentOnce(init), redirect: 'manual' })
      // The one that was given, and not the one of `request`, which follows it only as long as it is not collected.
      const signal = init?.signal === undefined ? given?.signal : init.signal
      return followRedirects(request, { redirect, signal }, (each) => {
        const from = host ?? this.#options.identify(each) ?? 'app'
        const entry = openEntry(each, { ...this.#options.times(), from })
        return this.carry(entry, signal, each, this.#options.act)
      })
    }
  }

  /**
   * One request, from its sender to the answer or to what went wrong.
   *
   * @throws TypeError `fetch failed`, with the reason as its `cause`; or the reason of the signal
   */
  async carry(
    entry: OpenLogEntry,
    signal: AbortSignal | null | undefined,
    request: Request,
    act: (request: Request) => Promise<Response>,
  ): Promise<Response> {
    const { closing, log, serverTime } = this.#options
    signal?.throwIfAborted()
    closing.throwIfAborted()
    log.add(entry)
    noteStep()
    try {
      const delivery = this.#deliver(entry, request, act)
      const response = await untilAborted(delivery, signal, closing)
      entry.outcome = 'answered'
      return arrivingResponse(response, { request, serverTime: serverTime(), signals: [signal, closing] })
    } catch (error) {
      entry.outcome = signal?.aborted ? 'aborted' : 'failed'
      entry.failure = signal?.aborted ? signal.reason : asFetchFailed(error)
      throw entry.failure
    }
  }

  /** What was sent goes its way, whether or not its sender still waits. */
  async #deliver(entry: OpenLogEntry, request: Request, act: WireOptions['act']): Promise<Response> {
    const { faults } = this.#options
    const arrived = await readBody(entry, request)
    const early = faults.find('request', entry)
    const acting = early ? early(() => act(arrived), arrived) : act(arrived)
    const answer = await acting
    assertResponse(answer)
    const response = await noteAnswer(entry, answer)
    const late = faults.find('answer', entry, response)
    if (!late) return response
    const changed = await late(async () => response, arrived)
    assertResponse(changed)
    // A body that was broken is not read for what it says.
    return changed.status === entry.status ? changed : noteAnswer(entry, changed)
  }
}

/** A stream that is sent is gone, whether or not the server reads it, and cannot be sent twice. */
function sentOnce(init: RequestInit | undefined): RequestInit {
  const { body } = init ?? {}
  return body instanceof ReadableStream ? { body: body.pipeThrough(new TransformStream()) } : {}
}
