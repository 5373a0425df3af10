import type { Clock } from '../http/clock.ts'
import { copyResponse } from './copy-response.ts'
import type { Faults } from './faults.ts'
import { followRedirects } from './redirects.ts'
import { untilAborted } from './until-aborted.ts'
import { noteAnswer, openEntry, type OpenLogEntry, readBody, type RequestLog } from './request-log.ts'

/** `fetch`, as a client sees it. */
export type WireFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

/** What is at the end of a wire. */
export interface WireOptions {
  readonly clock: Pick<Clock, 'now'>
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
      const request = new Request(input, init)
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      return followRedirects(request, (each) => {
        const from = host ?? this.#options.identify(each) ?? 'app'
        const entry = openEntry(each, { at: this.#options.clock.now(), from })
        return this.carry(entry, signal, each, () => this.#options.act(each))
      })
    }
  }

  /** One request, from its sender to the answer or to what went wrong. */
  async carry(
    entry: OpenLogEntry,
    signal: AbortSignal | null | undefined,
    request: Request,
    act: () => Promise<Response>,
  ): Promise<Response> {
    const { closing, log } = this.#options
    signal?.throwIfAborted()
    closing.throwIfAborted()
    log.add(entry)
    try {
      const delivery = this.#deliver(entry, request, act)
      const response = await untilAborted(delivery, signal, closing)
      entry.outcome = 'answered'
      return response
    } catch (error) {
      entry.outcome = signal?.aborted ? 'aborted' : 'failed'
      throw error
    }
  }

  /** What was sent goes its way, whether or not its sender still waits. */
  async #deliver(entry: OpenLogEntry, request: Request, act: () => Promise<Response>): Promise<Response> {
    const { faults } = this.#options
    await readBody(entry, request)
    const early = faults.find('request', entry)
    const response = early ? await early(act, request) : await act()
    await noteAnswer(entry, response)
    const late = faults.find('answer', entry, response)
    if (!late) return this.#stamp(response)
    const changed = await late(async () => response, request)
    entry.status = changed.status
    return this.#stamp(changed)
  }

  #stamp(response: Response): Response {
    if (response.headers.has('date')) return response
    const stamped = copyResponse(response)
    stamped.headers.set('date', new Date(this.#options.serverTime()).toUTCString())
    return stamped
  }
}
