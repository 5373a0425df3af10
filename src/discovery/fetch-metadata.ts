import { DiscoveryError, type DiscoveryErrorCode } from '../errors.ts'
import type { RequestLimits, Transport } from '../http/transport.ts'
import { fetchDocument } from './fetch-document.ts'

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
): Promise<Readonly<Record<string, unknown>>> {
  const { response, isJson, body } = await fetchDocument(transport, url, limits)
  const { status } = response
  if (status !== 200) {
    const code = status >= 500 || status === 429 ? 'server_failing' : 'metadata_unavailable'
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
  return body
}
