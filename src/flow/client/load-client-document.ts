import { fetchDocument } from '../../discovery/fetch-document.ts'
import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { RequestLimits } from '../../http/exchange.ts'
import { bareUrl, type Transport } from '../../http/transport.ts'
import { clientDeploymentError } from './client-deployment-error.ts'
import { parseClientDocument, parseKeySet } from './client-document.ts'
import type { Fail } from './client-key-members.ts'
import type { ClientKey } from './client-keys.ts'
import type { ClientMetadata } from './client-metadata.ts'
import { assertServed } from './client-served-keys.ts'
import { isClientId } from './client-urls.ts'

type Document = Readonly<Record<string, unknown>>

/**
 * Fetches one's own client metadata document, and sees that a server could take it: that it is served as it must be,
 * keeps the AT Protocol profile, and shows the public halves of the keys that are in use here.
 *
 * @returns what is understood here of the document
 * @throws AuthorizationError `client_metadata_invalid`, naming the member, or the `kid` of a key that is not served
 * @throws NetworkError
 * @throws TypeError for what cannot be a client id
 * @see https://atproto.com/specs/oauth#client-id-metadata-document
 */
export async function loadClientDocument(
  transport: Transport,
  url: string,
  { keys, ...limits }: RequestLimits & { readonly keys: readonly ClientKey[] | undefined },
): Promise<ClientMetadata> {
  if (!isClientId(url)) {
    throw wrongArgument('url', 'the https URL of a client metadata document, with a path and no port', url)
  }
  const document = await fetchJson(transport, url, limits)
  const fail = failAt(url)
  const metadata = parseClientDocument(document, fail)
  // Letter for letter: the URL is the name, and a server compares it so.
  if (metadata.client_id !== url) throw fail('client_id', url, metadata.client_id)
  const { jwks, jwks_uri: keysUrl, token_endpoint_auth_signing_alg: alg } = metadata
  if (keys && jwks) assertServed(keys, jwks.keys, 'jwks', fail)
  if (keys && keysUrl !== undefined) {
    const failWithSet = failAt(keysUrl)
    const set = await fetchJson(transport, keysUrl, limits)
    assertServed(keys, parseKeySet('jwks_uri', set, failWithSet, alg), 'jwks_uri', failWithSet)
  }
  return metadata
}

/** Servers ask for exactly 200, no redirect and `application/json`. */
async function fetchJson(transport: Transport, url: string, limits: RequestLimits): Promise<Document> {
  const { response, isJson, body } = await fetchDocument(transport, url, limits)
  const { status } = response
  if (status !== 200) {
    const retryable = status >= 500 || status === 429
    const facts = { url: bareUrl(url), field: 'status', expected: '200', found: status, response, retryable }
    throw clientDeploymentError('client_metadata_invalid', facts)
  }
  if (!isJson) throw failAt(url)('content-type', 'application/json', response.headers.get('content-type'))
  if (!body) throw failAt(url)('body', 'a JSON object', undefined)
  return body
}

function failAt(url: string): Fail {
  return (field, expected, found) =>
    clientDeploymentError('client_metadata_invalid', { url: bareUrl(url), field, expected, found })
}
