import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Did } from '../syntax/did.ts'
import type { ServiceReference } from '../syntax/scopes/values.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertOptions, SETTINGS } from './assert-options.ts'
import type { RetryOptions } from './retry.ts'
import type { Validator } from './validator.ts'

/** What `with` can change of a client. What it leaves out stays; what it gives as undefined goes back to its default. */
export interface ClientSettings {
  /** Headers for every call. `with` adds them to those that the client has. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /**
   * The service that the session's server is to hand calls on to, as `did:web:api.example.com#example_appview`.
   *
   * @default none: the server answers itself, or chooses
   * @see https://atproto.com/specs/xrpc#service-proxying
   */
  readonly proxy?: ServiceReference | undefined
  /**
   * Whose labels are asked for. An empty list asks for none.
   *
   * @default the server's own choice
   * @see https://atproto.com/specs/label
   */
  readonly labelers?: readonly (Did | Labeler)[] | undefined
  /**
   * Time for a call in all, in ms: refreshes, retries and the reading of the answer included. Of a stream, and of
   * `fetchHandler`, only until the answer begins.
   *
   * @default 60_000
   */
  readonly timeoutMs?: number | undefined
  /** How much of an answer is read, in bytes. An answer that is given as a stream has no limit. @default 16 MiB */
  readonly maxResponseBytes?: number | undefined
  /** Whether and how a call that failed is sent again. `with` replaces all of it. */
  readonly retry?: RetryOptions | undefined
  /** Checks what is sent and what is answered; `validator` of `atproof/lexicon` makes one. @default no checks */
  readonly validate?: Validator | undefined
}

/** A labeler, and whether what it takes down is to be left out of answers. */
export interface Labeler {
  readonly did: Did
  /** @default false */
  readonly redact?: boolean | undefined
}

/** The settings among a client's options, as copies that nobody else can change; its headers by their lower-case names. */
export function readSettings(options: ClientSettings): ClientSettings {
  const { headers, proxy, labelers, timeoutMs, maxResponseBytes, retry, validate } = options
  return {
    headers: Object.fromEntries(readHeaders(headers)),
    proxy,
    labelers: labelers?.map(copyLabeler),
    timeoutMs,
    maxResponseBytes,
    retry: retry && { ...retry },
    validate,
  }
}

/**
 * Settings that are changed by others.
 *
 * @throws TypeError that names the field
 */
export function changeSettings(settings: ClientSettings, change: ClientSettings): ClientSettings {
  assertOptions('settings', change, SETTINGS)
  const changed = readSettings({ ...settings, ...change })
  if (change.headers === undefined) return changed
  return { ...changed, headers: { ...settings.headers, ...changed.headers } }
}

/** The headers of a call: the client's, and over them its own. */
export function requestHeaders(settings: ClientSettings, own: RequestInit['headers'] | undefined): Headers {
  const { proxy, labelers } = settings
  const headers = new Headers(settings.headers)
  if (proxy !== undefined) headers.set('atproto-proxy', proxy)
  // An empty one asks for no labels; without one the server chooses.
  if (labelers !== undefined) headers.set('atproto-accept-labelers', labelers.map(formatLabeler).join(', '))
  if (own !== undefined) for (const [name, value] of readHeaders(own)) headers.set(name, value)
  return headers
}

function copyLabeler(labeler: Did | Labeler): Did | Labeler {
  return typeof labeler === 'string' ? labeler : { did: labeler.did, redact: labeler.redact }
}

function formatLabeler(labeler: Did | Labeler): string {
  if (typeof labeler === 'string') return labeler
  return labeler.redact ? `${labeler.did};redact` : labeler.did
}

/** As `Headers` takes them. Its own refusal would repeat the value, which may be a secret. */
function readHeaders(headers: RequestInit['headers']): Headers {
  try {
    return new Headers(headers)
  } catch {
    throw wrongArgument('headers', 'names and values that HTTP allows', firstWrong(headers))
  }
}

/** The name of the header that is refused, where it can be told from its value. */
function firstWrong(headers: RequestInit['headers']): string | undefined {
  if (!isJsonObject(headers)) return undefined
  return Object.entries(headers).find(([name, value]) => !isHeader(name, String(value)))?.[0]
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name)
  } catch {
    return false
  }
}
