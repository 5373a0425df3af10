import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { JWTPayload, ProtectedHeaderParameters } from 'jose'
import { type DecodedProof, decodeProof } from './verify-proof.ts'

/** A client assertion, none of it checked. */
export interface DecodedAssertion {
  readonly header: ProtectedHeaderParameters
  readonly payload: JWTPayload
}

/** One request on the wire. What is known only later is filled in later. */
export interface LogEntry {
  /** The wall clock of the client when it was sent, in ms since the epoch. */
  readonly at: number
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
  /** What the server answered, whether or not it arrived. Undefined: it has not acted, or never did. */
  readonly status: number | undefined
  /** The error code in that answer. */
  readonly error: string | undefined
  /** What the sender saw. */
  readonly outcome: 'pending' | 'answered' | 'failed' | 'aborted'
}

/** An entry while its request is under way. */
export type OpenLogEntry = { -readonly [K in keyof LogEntry]: LogEntry[K] }

/**
 * Which requests: a path as an exact string, a whole URL without its query, the name of a lookup in DNS, or a pattern
 * for the whole URL.
 */
export type RequestPattern = string | RegExp

/** Every request of a network, in the order of sending. Prints as a readable sequence, without any secret. */
export class RequestLog implements Iterable<LogEntry> {
  readonly #began: number
  #entries: LogEntry[] = []

  constructor(began: number) {
    this.#began = began
    // What console.log shows on Node, Deno and Bun; elsewhere nobody asks for it.
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: () => this.toString() })
  }

  /** How many there are. */
  get length(): number {
    return this.#entries.length
  }

  /** All of them, oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  /** The newest one. */
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

  /** Forgets what has been logged so far. */
  clear(): void {
    this.#entries = []
  }

  [Symbol.iterator](): Iterator<LogEntry> {
    return this.#entries[Symbol.iterator]()
  }

  /** One line a request: seconds since the network began, who, what, and the answer. */
  toString(): string {
    return this.#entries.map((entry) => printEntry(entry, this.#began)).join('\n')
  }

  /** The same facts, for a snapshot. */
  toJSON(): object[] {
    return this.#entries.map(({ from, method, url, status, error, outcome }) => ({
      from,
      method,
      url: printableUrl(url),
      status,
      error,
      outcome,
    }))
  }

  /** @internal */
  add(entry: LogEntry): void {
    this.#entries.push(entry)
  }
}

/** Whether a pattern names a request. */
export function matches(pattern: RequestPattern, entry: LogEntry): boolean {
  if (pattern instanceof RegExp)
    return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).test(entry.url)
  return entry.path === pattern || entry.url.split(/[?#]/)[0] === pattern
}

/** The entry of a request that is about to be sent. */
export function openEntry(request: Request, facts: Pick<LogEntry, 'at' | 'from'>): OpenLogEntry {
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
    outcome: 'pending',
  }
}

/** Reads a form body off a copy; any other body is left alone, so that a stream is only read by who wants it. */
export async function readBody(entry: OpenLogEntry, request: Request): Promise<void> {
  if (!request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')) return
  const form = new URLSearchParams(await request.clone().text())
  const assertion = form.get('client_assertion')
  entry.form = form
  if (assertion === null) return
  entry.assertion = tryTo(() => ({ header: decodeProtectedHeader(assertion), payload: decodeJwt(assertion) }))
}

/** Notes what a server answered. */
export async function noteAnswer(entry: OpenLogEntry, response: Response): Promise<void> {
  entry.status = response.status
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  if (response.status < 400 || !isJson) return
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  if (typeof body === 'object' && body && 'error' in body && typeof body.error === 'string') {
    entry.error = body.error
  }
}

const OUTCOMES: Readonly<Record<LogEntry['outcome'], string>> = {
  pending: 'no answer yet',
  answered: '',
  failed: 'lost',
  aborted: 'given up',
}

function printEntry(entry: LogEntry, began: number): string {
  const seconds = ((entry.at - began) / 1000).toFixed(3).padStart(9)
  const what = `${entry.method.padEnd(4)} ${printableUrl(entry.url)}`
  const { status, error, outcome } = entry
  const answer = [status, error, OUTCOMES[outcome]].filter(Boolean).join(' ')
  return `${seconds}  ${entry.from.padEnd(20)}  ${what.padEnd(72)}  ${answer || 'answered'}`
}

/** A query is shown where it cannot hold a code or token: with a call. */
function printableUrl(url: string): string {
  return url.includes('/xrpc/') ? url : url.replace(/[?#].*$/s, '')
}

/** What a test broke on purpose cannot be decoded, and the log does not mind. */
function tryTo<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
