import { type LogEntry, matches, type OpenLogEntry, type RequestPattern } from '../request-log.ts'
import type { Stage, Strike } from './strike.ts'
import { prepareStrike, type StrikePowers } from './strikes.ts'

/** Which requests a fault strikes. */
export interface FaultTarget {
  /** Of the path `/oauth/token`, of the URL without its query, of the name in DNS, or a RegExp for the whole URL. */
  readonly path: RequestPattern
  /** How often, a whole number; `Infinity`: until it is removed. @default 1 */
  readonly times?: number
  /** Which of those requests. A form body can be read here: `({ form }) => form?.has('code') ?? false`. @default all */
  readonly when?: (entry: LogEntry) => boolean
}

/** For faults of the answer: the server has acted when they strike. */
export interface AnswerTarget extends FaultTarget {
  /** A nonce challenge passes unharmed and uncounted. @default true */
  readonly skipChallenges?: boolean
}

/** What can become of an answer's body, under the answer's own status. */
export type BodyFault =
  /** A web page, as proxies and captive portals send it. */
  | 'html'
  /** No byte. */
  | 'empty'
  /** The first half, and the connection breaks. */
  | 'cut-off'
  /** The first half, and the end, as if that were all. */
  | 'half'
  /** 64 MiB of blanks before the body. They are made as they are read. */
  | 'huge'
  /** An array with the body in it. */
  | 'array'
  /** The body, called `text/plain`. */
  | 'text'

/** How the `WWW-Authenticate` of a 401 is written, of the many ways that RFC 9110 §11.6.1 allows. */
export type ChallengeFault =
  /** A Basic and a Bearer challenge before it, in one header. */
  | 'several'
  /** Its parameters are tokens, without quotes. */
  | 'unquoted'
  /** Scheme and parameter names in capitals. */
  | 'capitals'

/**
 * What goes wrong, and where. Each strikes once unless `times` says otherwise.
 *
 * @example
 * network.fault({ path: '/oauth/token', lose: 'answer' })
 * network.fault({ path: '/oauth/token', status: 429, headers: { 'retry-after': '30' }, times: 2 })
 * network.fault({ path: '/.well-known/oauth-authorization-server', omit: 'token_endpoint', times: Infinity })
 * network.fault({ path: '_atproto.alice.test', txt: [['did=did:web:a.test'], ['did=did:web:b.test']] })
 */
export type Fault =
  /** Answers instead of the server, which never acts. One that throws: the fetch fails, with the error as its `cause`. */
  | (FaultTarget & { readonly respond: (request: Request) => Response | Promise<Response> })
  /** Answers with this status instead of the server. A 429 takes `headers: { 'retry-after': '30' }`, in seconds. */
  | (FaultTarget & {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      /** @default JSON with an `error`; none for 204, 205 and 304 */
      readonly body?: string
    })
  /** Sends elsewhere instead of acting, by `status`. @default 307 */
  | (FaultTarget & { readonly redirect: string | URL; readonly status?: 301 | 302 | 303 | 307 | 308 })
  /** Nobody listens, and nothing was sent: ECONNREFUSED. */
  | (FaultTarget & { readonly refuse: true })
  /** The connection breaks, ECONNRESET, before the server acted; with 'answer', after. */
  | (FaultTarget & { readonly lose: 'request' })
  | (AnswerTarget & { readonly lose: 'answer' })
  /** Held back until `release()`, also where the sender has given up: before or after the server acts, or mid-body. */
  | (FaultTarget & { readonly hang: 'request' })
  | (AnswerTarget & { readonly hang: 'answer' | 'body' })
  /** Under way for `ms` milliseconds of the clock: it arrives, even where the sender has given up. */
  | (FaultTarget & { readonly delay: 'request'; readonly ms: number })
  | (AnswerTarget & { readonly delay: 'answer'; readonly ms: number })
  /** Changes the true answer. */
  | (AnswerTarget & { readonly alter: (response: Response) => Response | Promise<Response> })
  /** Spoils the body of the true answer. */
  | (AnswerTarget & { readonly body: BodyFault })
  /**
   * Changes the JSON object of an answer that is a success, in place or by giving another one: a wrong `issuer`, `sub`
   * or `id`. `set` sets members, and `omit` takes one away.
   */
  | (AnswerTarget & { readonly json: (object: Record<string, unknown>) => unknown })
  | (AnswerTarget & { readonly set: Readonly<Record<string, unknown>> })
  | (AnswerTarget & { readonly omit: string })
  /** The answer's `DPoP-Nonce` is missing, or one that the server will not take. */
  | (FaultTarget & { readonly nonce: 'missing' | 'wrong' })
  /** Every nonce becomes stale as the request arrives: with `times: Infinity`, no nonce is ever good. */
  | (FaultTarget & { readonly nonce: 'stale' })
  /** Writes the challenge of a 401 in another way. */
  | (FaultTarget & { readonly challenge: ChallengeFault })
  /** The server fails inside a refresh that would have worked: 500, and the session is gone. */
  | (AnswerTarget & { readonly rotation: 'fails' })
  /** 401 `invalid_token` to any access token, as from a server that has lost its database. The proof is not looked at. */
  | (FaultTarget & { readonly tokenCheck: 'fails' })
  /** What a lookup in DNS finds, by resolveTxt or over HTTPS: each record is a list of its chunks, none an empty list. */
  | (FaultTarget & { readonly txt: readonly (readonly string[])[] })

/** A fault that is armed. */
export interface FaultHandle {
  /** Resolves with the request that was struck first; never where none is. */
  readonly hit: Promise<LogEntry>
  /** How often it has struck. */
  readonly count: number
  /** Lets go of what hangs, and of what would hang later. Does nothing to a fault of another kind. */
  release(): void
  /** Strikes no more. What hangs keeps hanging. */
  remove(): void
}

interface Armed {
  readonly stage: Stage
  readonly strike: Strike
  /** It strikes until it is removed, beside others. */
  readonly isLasting: boolean
  take(entry: OpenLogEntry, response: Response | undefined): boolean
}

/** What is to go wrong, in the order it was asked for. */
export class Faults {
  readonly #armed = new Set<Armed>()
  readonly #powers: StrikePowers

  constructor(powers: StrikePowers) {
    this.#powers = powers
  }

  add(fault: Fault): FaultHandle {
    const { promise: hit, resolve: strikeFirst } = Promise.withResolvers<LogEntry>()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const { name, stage, fits, strike } = prepareStrike(fault, gate, this.#powers)
    const { path, when, times = 1 } = fault
    let count = 0
    const take = (entry: OpenLogEntry, response: Response | undefined): boolean => {
      if (times === 0 || !matches(path, entry) || !fits(entry, response) || when?.(entry) === false) return false
      count += 1
      entry.faults = [...entry.faults, name]
      strikeFirst(entry)
      if (count === times) this.#armed.delete(armed)
      return true
    }
    const armed: Armed = { stage, strike, take, isLasting: times === Infinity }
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

  /** What strikes a request before the server acts, or its answer after: all lasting faults, and the first other. */
  find(stage: Stage, entry: OpenLogEntry, response?: Response): Strike | undefined {
    let isStruck = false
    const strikes: Strike[] = []
    for (const armed of this.#armed) {
      if (armed.stage !== stage || (isStruck && !armed.isLasting) || !armed.take(entry, response)) continue
      isStruck ||= !armed.isLasting
      strikes.push(armed.strike)
    }
    if (strikes.length === 0) return undefined
    return (next, request) => {
      let struck = next
      for (const strike of strikes) {
        const inner = struck
        struck = () => strike(inner, request)
      }
      return struck()
    }
  }
}
