import { DiscoveryError, type DiscoveryErrorCode } from '../errors/discovery-error.ts'
import type { RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { fetchDocument } from './fetch-document.ts'

/** A metadata document, and its text. */
export interface Metadata {
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
}

/**
 * Fetches a well-known metadata document: exactly 200, no redirect, `application/json`, an object.
 *
 * @see https://atproto.com/specs/oauth#server-metadata
 */
export async function fetchMetadata(
  transport: Transport,
  url: string,
  invalid: DiscoveryErrorCode,
  limits: RequestLimits,
): Promise<Metadata> {
  const { response, isJson, body, text } = await fetchDocument(transport, url, limits)
  const { status } = response
  if (status !== 200) {
    const code = isFailing(status) ? 'server_failing' : 'metadata_unavailable'
    throw new DiscoveryError(code, { url, field: 'status', expected: '200', found: status, response })
  }
  if (!isJson) {
    const found = response.headers.get('content-type')
    throw new DiscoveryError(invalid, {
      url,
      field: 'content-type',
      expected: 'application/json',
      found,
      response,
    })
  }
  if (!body) throw new DiscoveryError(invalid, { url, field: 'body', expected: 'a JSON object', response })
  return { body, text }
}

/** Whether a status says that the server cannot answer now, and nothing of what it would: RFC 9110 §15, RFC 6585 §4. */
export function isFailing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408
}
