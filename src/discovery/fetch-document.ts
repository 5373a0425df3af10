import { isJsonResponse, readJson } from '../http/body.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { exchange, type RequestLimits, type Transport } from '../http/transport.ts'

/** A JSON document that a server publishes, as it came. */
export interface FetchedDocument {
  readonly url: string
  readonly response: Response
  /** Whether the media type is `application/json`. */
  readonly isJson: boolean
  /** The JSON object, or undefined where the body is something else. */
  readonly body: Readonly<Record<string, unknown>> | undefined
}

/** The largest document that is read, in bytes. */
export const MAX_DOCUMENT_BYTES: number = 256 * 1024

/** Fetches a document without following redirects. What its status means is the caller's to say. */
export function fetchDocument(transport: Transport, url: string, limits: RequestLimits): Promise<FetchedDocument> {
  const init = { headers: { accept: 'application/json' } }
  return exchange(transport, { url, init }, limits, async (response) => {
    const body = await readJson(response, MAX_DOCUMENT_BYTES)
    return { url, response, isJson: isJsonResponse(response), body: isJsonObject(body) ? body : undefined }
  })
}
