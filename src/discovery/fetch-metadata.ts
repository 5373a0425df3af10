import { DiscoveryError, type DiscoveryErrorCode } from '../errors/discovery-error.ts'
import type { RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import { fetchDocument } from './fetch-document.ts'

/** A metadata document, and its text. */
export interface Metadata {
  readonly body: Readonly<Record<string, unknown>>
  readonly text: string
  /** The error for a field that is not as expected. */
  readonly flaw: (field: string, expected: string, code?: DiscoveryErrorCode) => DiscoveryError
}

/**
 * Fetches a well-known metadata document: exactly 200, no redirect, `application/json`, an object.
 *
 * @param invalid the code for one that is not
 * @see https://atproto.com/specs/oauth#server-metadata
 */
export async function fetchMetadata(
  transport: Transport,
  url: string,
  invalid: DiscoveryErrorCode,
  limits: RequestLimits,
): Promise<Metadata> {
  const { response, isJson, body, text } = await fetchDocument(transport, url, limits)
  const { status, headers } = response
  if (status !== 200) {
    const code = isFailing(status) ? 'server_failing' : 'metadata_unavailable'
    throw new DiscoveryError(code, { url, field: 'status', expected: '200', found: status, response })
  }
  if (!isJson || !body) {
    const wrong = isJson
      ? { field: 'body', expected: 'a JSON object' }
      : { field: 'content-type', expected: 'application/json', found: headers.get('content-type') }
    throw new DiscoveryError(invalid, { ...wrong, url, response })
  }
  const flaw: Metadata['flaw'] = (field, expected, code = invalid) =>
    new DiscoveryError(code, { url, field, expected, found: body[field] ?? null })
  return { body, text, flaw }
}

/** Whether a status says that the server cannot answer now, and nothing of what it would: RFC 9110 §15, RFC 6585 §4. */
export function isFailing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408
}
