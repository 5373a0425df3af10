import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { JWTPayload, ProtectedHeaderParameters } from 'jose'
import { copyResponse } from './copy-response.ts'
import { printEntries, summarizeEntry } from './print-log.ts'
import { type DecodedProof, decodeProof } from './verify-proof.ts'

/** A client assertion, none of it checked. */
export interface DecodedAssertion {
  readonly header: ProtectedHeaderParameters
  readonly payload: JWTPayload
}

/**
 * One request on the wire. What is known only later is filled in later. It holds the secrets that went over the wire,
 * for a test to look at: print the log, which shows none.
 */
export interface LogEntry {
  /** The wall clock of the client when it was sent, in ms since the epoch. */
  readonly at: number
  /** Milliseconds since the network began, whatever the wall clock was set to. */
  readonly elapsedMs: number
  /** Who sent it: `app`, the handle of the account whose token it carries, or the host of a server. */
  readonly from: string
  /** `TXT` for a lookup in DNS. */
  readonly method: string
  /** `dns:<name>` for a lookup in DNS. */
  readonly url: string
  /** The path of the URL; the name for a lookup in DNS. */
  readonly path: string
  readonly headers: Headers
  /** A form body; there from the first moment that a server or a fault sees the request. */
  readonly form: URLSearchParams | undefined
  /** The DPoP proof, as far as it can be decoded. */
  readonly dpop: DecodedProof | undefined
  /** The client assertion, as far as it can be decoded. */
  readonly assertion: DecodedAssertion | undefined
  /** The status that the server answered, whether or not it arrived. Undefined: it has not acted, or never did. */
  readonly status: number | undefined
  /** The error code in that answer. */
  readonly error: string | undefined
  /** What struck it, in the order of striking: `lose answer`, `status 503`, `set issuer`. */
  readonly faults: readonly string[]
  /**
   * What the sender saw. `answered`: the status and headers, whatever became of the body. `failed`: its fetch rejected.
   * `aborted`: it gave up first.
   */
  readonly outcome: 'pending' | 'answered' | 'failed' | 'aborted'
  /** What its fetch rejected with, where it failed or was aborted. */
  readonly failure: unknown
}

/** An entry while its request is under way. */
export type OpenLogEntry = { -readonly [K in keyof LogEntry]: LogEntry[K] }

/**
 * Which requests: a path as an exact string, a whole URL without its query, the name of a lookup in DNS, or a pattern
 * for the whole URL.
 */
export type RequestPattern = string | RegExp

/**
 * Every request of a network, in the order of sending, each hop of a redirect and each lookup in DNS too. `String(log)`
 * and `console.log(log)` give one line a request, `JSON.stringify(log)` the same facts; neither shows a token, code,
 * proof or other secret.
 *
 * @example
 * expect(network.log.count('/oauth/token')).toBe(2)
 * expect(network.log.last).toMatchObject({ status: 200, outcome: 'failed' })
 * console.log(network.log)
 */
export class RequestLog implements Iterable<LogEntry> {
  #entries: LogEntry[] = []

  /** @internal Made by the network. */
  constructor() {
    // What console.log shows on Node, Deno and Bun; elsewhere nobody asks for it.
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: () => this.toString() })
  }

  /** How many there are. */
  get length(): number {
    return this.#entries.length
  }

  /** All of them so far, oldest first. */
  get entries(): readonly LogEntry[] {
    return [...this.#entries]
  }

  /** The newest one; undefined where nothing was sent. */
  get last(): LogEntry | undefined {
    return this.#entries.at(-1)
  }

  /** Those that a pattern names, oldest first. */
  to(pattern: RequestPattern): readonly LogEntry[] {
    return this.#entries.filter((entry) => matches(pattern, entry))
  }

  /** How many of them a pattern names. */
  count(pattern: RequestPattern): number {
    return this.to(pattern).length
  }

  /** Forgets what has been logged so far; what is still under way does not come back. */
  clear(): void {
    this.#entries = []
  }

  /** All of them so far, oldest first. */
  [Symbol.iterator](): Iterator<LogEntry> {
    return this.entries[Symbol.iterator]()
  }

  /** One line a request: seconds since the network began, who, what, and what came of it. */
  toString(): string {
    return printEntries(this.#entries)
  }

  /** The same facts for a snapshot: nothing in it changes from run to run where the test moves the clock. */
  toJSON(): object[] {
    return this.#entries.map((entry) => summarizeEntry(entry))
  }

  /** @internal */
  add(entry: LogEntry): void {
    this.#entries.push(entry)
  }
}

/** Whether a pattern names a request. */
export function matches(pattern: RequestPattern, entry: LogEntry): boolean {
  // A copy: one with the flag g or y goes on from where its last match ended.
  if (pattern instanceof RegExp) return new RegExp(pattern).test(entry.url)
  if (entry.path === pattern) return true
  // As `fetch` writes it: `https://alice.test` has the path `/`.
  return URL.canParse(pattern) && entry.url.split(/[?#]/)[0] === new URL(pattern).href
}

/** The entry of a request that is about to be sent. */
export function openEntry(request: Request, facts: Pick<LogEntry, 'at' | 'elapsedMs' | 'from'>): OpenLogEntry {
  const proof = request.headers.get('dpop')
  return {
    ...facts,
    method: request.method,
    url: request.url,
    path: new URL(request.url).pathname,
    headers: new Headers(request.headers),
    form: undefined,
    dpop: proof === null ? undefined : tryTo(() => decodeProof(proof)),
    assertion: undefined,
    status: undefined,
    error: undefined,
    faults: [],
    outcome: 'pending',
    failure: undefined,
  }
}

/**
 * Reads a form body, and gives the request anew with the same body; any other body is left alone, so that a stream is
 * only read by who wants it.
 */
export async function readBody(entry: OpenLogEntry, request: Request): Promise<Request> {
  if (!request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')) return request
  // Not off a clone: Chromium shares a body between two readers in another process, at work where no clock can see it.
  const text = await request.text()
  const form = new URLSearchParams(text)
  const assertion = form.get('client_assertion')
  entry.form = form
  if (assertion !== null) {
    entry.assertion = tryTo(() => ({ header: decodeProtectedHeader(assertion), payload: decodeJwt(assertion) }))
  }
  const { url, method, headers, signal } = request
  return new Request(url, { method, headers, signal, ...(text !== '' && { body: text }) })
}

/** Notes what a server answered, and gives the answer anew: not read off a clone either. */
export async function noteAnswer(entry: OpenLogEntry, response: Response): Promise<Response> {
  entry.status = response.status
  entry.error = undefined
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  if (response.status < 400 || !isJson) return response
  const text = await response.text()
  entry.error = errorOf(tryTo(() => JSON.parse(text)))
  return copyResponse(response, text)
}

function errorOf(body: unknown): string | undefined {
  const hasError = typeof body === 'object' && body && 'error' in body && typeof body.error === 'string'
  return hasError ? (body.error as string) : undefined
}

/** What a test broke on purpose cannot be decoded, and the log does not mind. */
function tryTo<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
