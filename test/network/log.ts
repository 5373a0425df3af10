import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { JWTPayload, ProtectedHeaderParameters } from 'jose'
import { decodeProof } from './verify.ts'
import type { DecodedProof } from './verify.ts'

export interface DecodedAssertion {
  readonly header: ProtectedHeaderParameters
  readonly payload: JWTPayload
}

/** One request on the wire. What is known only later is filled in later. */
export interface LogEntry {
  /** The clock's `now()` when it was sent. */
  readonly at: number
  readonly method: string
  readonly url: string
  readonly path: string
  readonly headers: Headers
  /** A form body; there from the first moment that a server or a fault sees the request. */
  readonly form: URLSearchParams | undefined
  readonly dpop: DecodedProof | undefined
  readonly assertion: DecodedAssertion | undefined
  /** What the server answered, whether or not it arrived. Undefined: it has not acted, or never did. */
  readonly status: number | undefined
  /** The error code in that answer. */
  readonly error: string | undefined
  /** What the sender saw. */
  readonly outcome: 'pending' | 'answered' | 'failed' | 'aborted'
}

export type MutableLogEntry = { -readonly [K in keyof LogEntry]: LogEntry[K] }

/** A path as an exact string (a pathname, or a whole URL without its query), or a pattern for the whole URL. */
export type RequestPattern = string | RegExp

export function matches(pattern: RequestPattern, entry: LogEntry): boolean {
  if (pattern instanceof RegExp) return new RegExp(pattern.source, pattern.flags.replace('g', '')).test(entry.url)
  return entry.path === pattern || entry.url.split(/[?#]/)[0] === pattern
}

export function beginEntry(request: Request, at: number): MutableLogEntry {
  const proof = request.headers.get('dpop')
  return {
    at,
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
export async function readBody(entry: MutableLogEntry, request: Request): Promise<void> {
  if (!request.headers.get('content-type')?.startsWith('application/x-www-form-urlencoded')) return
  const form = new URLSearchParams(await request.clone().text())
  const assertion = form.get('client_assertion')
  entry.form = form
  if (assertion === null) return
  entry.assertion = tryTo(() => ({ header: decodeProtectedHeader(assertion), payload: decodeJwt(assertion) }))
}

export async function noteAnswer(entry: MutableLogEntry, response: Response): Promise<void> {
  entry.status = response.status
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  if (response.status < 400 || !isJson) return
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  if (typeof body === 'object' && body && 'error' in body && typeof body.error === 'string')
    entry.error = body.error
}

/** What a test broke on purpose cannot be decoded, and the log does not mind. */
function tryTo<T>(decode: () => T): T | undefined {
  try {
    return decode()
  } catch {
    return undefined
  }
}
