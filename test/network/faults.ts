import { matches } from './log.ts'
import type { LogEntry, RequestPattern } from './log.ts'

/** Which requests a fault strikes. */
export interface FaultTarget {
  readonly path: RequestPattern
  /** How often. @default 1 */
  readonly times?: number
  readonly when?: (entry: LogEntry) => boolean
}

/** For faults of the answer: a nonce challenge passes unharmed and uncounted. */
export interface AnswerTarget extends FaultTarget {
  /** @default true */
  readonly skipChallenges?: boolean
}

export type Fault =
  /** Answers instead of the server. */
  | (FaultTarget & { readonly respond: (request: Request) => Response | Promise<Response> })
  /** Nobody listens: nothing was sent. */
  | (FaultTarget & { readonly refuse: true })
  /** The connection breaks before the server acted; with 'answer', after. */
  | (FaultTarget & { readonly lose: 'request' })
  | (AnswerTarget & { readonly lose: 'answer' })
  /** Held back until `release()`, also where the sender has given up: before or after the server acts, or mid-body. */
  | (FaultTarget & { readonly hang: 'request' })
  | (AnswerTarget & { readonly hang: 'answer' | 'body' })
  /** Under way for a while: it arrives, even where the sender has given up. */
  | (FaultTarget & { readonly delay: 'request'; readonly ms: number })
  | (AnswerTarget & { readonly delay: 'answer'; readonly ms: number })
  /** Changes the true answer. */
  | (AnswerTarget & { readonly alter: (response: Response) => Response | Promise<Response> })
  /** The headers arrive, and half of the body. */
  | (AnswerTarget & { readonly cut: true })

export interface FaultHandle {
  /** Resolves with the request that was struck first. */
  readonly hit: Promise<LogEntry>
  /** How often it has struck. */
  readonly count: number
  /** Lets go of what hangs, and of what would hang later. */
  release(): void
  /** Strikes no more. What hangs keeps hanging. */
  remove(): void
}

type Strike = (next: () => Promise<Response>, request: Request) => Promise<Response>

interface Armed {
  readonly stage: 'request' | 'answer'
  readonly strike: Strike
  take(entry: LogEntry): boolean
}

/** A failed fetch as undici reports it. */
export function fetchFailed(code: string): TypeError {
  const syscall = SYSCALLS[code] ?? 'read'
  return new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code, syscall }) })
}

/** Which call of the system fails so, before there is a connection. */
const SYSCALLS: Readonly<Record<string, string>> = { ECONNREFUSED: 'connect', ENOTFOUND: 'getaddrinfo' }

/** What is to go wrong, in the order it was asked for. */
export class Faults {
  readonly #armed = new Set<Armed>()
  readonly #sleep: (ms: number) => Promise<void>

  constructor(sleep: (ms: number) => Promise<void>) {
    this.#sleep = sleep
  }

  add(fault: Fault): FaultHandle {
    const { promise: hit, resolve: strikeFirst } = Promise.withResolvers<LogEntry>()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    let count = 0
    const take = (entry: LogEntry): boolean => {
      const isSpared = 'skipChallenges' in fault && fault.skipChallenges === false ? false : isChallenge(entry)
      if (isSpared || count >= (fault.times ?? 1)) return false
      if (!matches(fault.path, entry) || fault.when?.(entry) === false) return false
      count += 1
      strikeFirst(entry)
      return true
    }
    const armed = { ...arm(fault, gate, this.#sleep), take }
    this.#armed.add(armed)
    return {
      hit,
      get count() {
        return count
      },
      release: () => open(),
      remove: () => void this.#armed.delete(armed),
    }
  }

  clear(): void {
    this.#armed.clear()
  }

  /** The fault that strikes a request before the server acts, or its answer after. */
  find(stage: 'request' | 'answer', entry: LogEntry): Strike | undefined {
    return [...this.#armed].find((armed) => armed.stage === stage && armed.take(entry))?.strike
  }
}

function isChallenge(entry: LogEntry): boolean {
  return entry.error === 'use_dpop_nonce'
}

function arm(fault: Fault, gate: Promise<void>, sleep: (ms: number) => Promise<void>): Omit<Armed, 'take'> {
  if ('respond' in fault) return { stage: 'request', strike: async (_, request) => fault.respond(request) }
  if ('refuse' in fault) return { stage: 'request', strike: () => Promise.reject(fetchFailed('ECONNREFUSED')) }
  if ('lose' in fault) return { stage: fault.lose, strike: () => Promise.reject(fetchFailed('ECONNRESET')) }
  if ('alter' in fault) return { stage: 'answer', strike: async (next) => fault.alter(await next()) }
  if ('cut' in fault) return { stage: 'answer', strike: async (next) => breakBody(await next(), terminate) }
  if ('delay' in fault) return { stage: fault.delay, strike: (next) => after(sleep(fault.ms), next) }
  if (fault.hang === 'body') {
    const hold = (request: Request) => () => Promise.race([gate, aborted(request.signal)])
    return { stage: 'answer', strike: async (next, request) => breakBody(await next(), hold(request)) }
  }
  return { stage: fault.hang, strike: (next) => after(gate, next) }
}

async function after(wait: Promise<void>, act: () => Promise<Response>): Promise<Response> {
  await wait
  return act()
}

async function terminate(): Promise<never> {
  throw new TypeError('terminated', {
    cause: Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }),
  })
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
  })
}

/** The response with a body that stops half-way for something to happen. */
async function breakBody(response: Response, middle: () => Promise<void>): Promise<Response> {
  const bytes = new Uint8Array(await response.arrayBuffer())
  const half = Math.floor(bytes.length / 2)
  const parts = [bytes.subarray(0, half), bytes.subarray(half)]
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const part = parts.shift()
      if (parts.length === 0) await middle()
      if (part) controller.enqueue(part)
      if (parts.length === 0) controller.close()
    },
  })
  const { status, statusText, headers } = response
  return new Response(body, { status, statusText, headers })
}
