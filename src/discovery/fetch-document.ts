import { isJsonResponse, readText } from '../http/body.ts'
import { exchange, pastCaches, type RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { MAX_DOCUMENT_BYTES } from './limits.ts'

/** A JSON document that a server publishes, as it came. */
export interface FetchedDocument {
  readonly response: Response
  /** Whether the media type is `application/json`. */
  readonly isJson: boolean
  /** The JSON object, or undefined where the body is something else. */
  readonly body: Readonly<Record<string, unknown>> | undefined
  /** The body as it came. */
  readonly text: string
}

/** How a document is asked for. */
export interface DocumentLimits extends RequestLimits {
  /** Which media types will do. @default 'application/json' */
  readonly accept?: string
  /** How large it may be. @default 262_144 */
  readonly maxBytes?: number
}

/** Fetches a document without following redirects. What its status means is the caller's to say. */
export function fetchDocument(
  transport: Transport,
  url: string,
  limits: DocumentLimits,
): Promise<FetchedDocument> {
  const { accept = 'application/json', maxBytes = MAX_DOCUMENT_BYTES } = limits
  const init = { headers: { accept }, ...pastCaches(transport) }
  return exchange(transport, { url, init }, limits, async (response) => {
    const text = await readText(response, maxBytes)
    return { response, isJson: isJsonResponse(response), body: parseObject(text), text }
  })
}

/**
 * Reads a text as a JSON object, or undefined where it is something else. `JSON.parse` makes `__proto__` a plain property,
 * so that a hostile document changes no prototype.
 */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    // Not JSON: the caller knows what it expected and says so.
    return undefined
  }
}
