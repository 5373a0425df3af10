import { IdentityError } from '../errors.ts'
import { parseOrigin } from '../http/origin.ts'
import type { RequestLimits, Transport } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { type Handle, isHandle, isResolvable } from '../syntax/handle.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { Directory } from './directory.ts'
import { fetchDocument } from './fetch-document.ts'

/** What this library reads of a DID document. */
export interface DidDocument {
  readonly did: Did
  /** The handle that the account claims: not yet proved by the handle itself. */
  readonly claimedHandle: Handle | undefined
  /** Origin of the account's PDS. */
  readonly pds: string
}

/**
 * Fetches the document of a `did:plc` or `did:web`. Reads it by hand, without a schema: refreshes come here too.
 *
 * @throws IdentityError `did_unsupported`, `did_not_found`, `did_tombstoned`, `did_unresolved`, `did_document_invalid`
 * @throws NetworkError
 * @see https://atproto.com/specs/did
 */
export async function fetchDidDocument(
  directory: Directory,
  did: Did,
  limits: RequestLimits,
): Promise<DidDocument> {
  const { url, response, body } = await fetchDocument(directory.transport, documentUrl(directory, did), limits)
  const { status } = response
  if (status === 404) throw new IdentityError('did_not_found', { field: 'did', found: did, url, response })
  if (status === 410) throw new IdentityError('did_tombstoned', { field: 'did', found: did, url, response })
  if (status !== 200)
    throw new IdentityError('did_unresolved', { field: 'status', expected: '200', found: status, url, response })
  if (!body)
    throw new IdentityError('did_document_invalid', {
      field: 'document',
      expected: 'a JSON object',
      url,
      response,
    })
  return readDidDocument(directory.transport, did, body)
}

/** Reads a DID document: whose it is, which handle it claims, where the account lives. */
export function readDidDocument(
  transport: Pick<Transport, 'allowLoopback'>,
  did: Did,
  document: Readonly<Record<string, unknown>>,
): DidDocument {
  if (document['id'] !== did) {
    throw new IdentityError('did_document_invalid', { field: 'id', expected: did, found: document['id'] ?? null })
  }
  const service = listOf(document['service']).find((entry) => isPdsService(did, entry))
  const endpoint = service?.['serviceEndpoint']
  const pds = parseOrigin(transport, endpoint)
  if (pds === undefined) {
    throw new IdentityError('did_document_invalid', {
      field: 'service #atproto_pds',
      expected: 'the https origin of a PDS',
      found: endpoint ?? null,
    })
  }
  return { did, claimedHandle: claimedHandle(document['alsoKnownAs']), pds }
}

function isPdsService(did: Did, service: Readonly<Record<string, unknown>>): boolean {
  const { id, type } = service
  return (id === '#atproto_pds' || id === `${did}#atproto_pds`) && type === 'AtprotoPersonalDataServer'
}

/** The first well-formed `at://` handle counts, even where it does not resolve; later ones never do. */
function claimedHandle(alsoKnownAs: unknown): Handle | undefined {
  if (!Array.isArray(alsoKnownAs)) return undefined
  return alsoKnownAs
    .filter((alias) => typeof alias === 'string' && alias.startsWith('at://'))
    .map((alias: string) => alias.slice('at://'.length).toLowerCase())
    .find(isHandle)
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

const WEB_HOST = /^did:web:([a-z0-9.-]+)(?:%3A(\d{1,5}))?$/i

function documentUrl({ plcDirectory, transport }: Directory, did: Did): string {
  if (/^did:plc:[a-z2-7]{24}$/.test(did)) return `${plcDirectory}/${did}`
  const [, host, port] = WEB_HOST.exec(did) ?? []
  if (host === undefined) {
    throw new IdentityError('did_unsupported', {
      field: 'did',
      expected: 'did:plc or did:web of a host',
      found: did,
    })
  }
  const name = host.toLowerCase()
  const allowTest = transport.allowLoopback.size > 0
  if (port === undefined && isHandle(name) && isResolvable(name, { allowTest })) {
    return `https://${name}/.well-known/did.json`
  }
  // The DID specification allows a port for localhost in development, and nowhere else.
  const origin = `http://${host}:${port}`
  if (host !== 'localhost' || !transport.allowLoopback.has(origin)) {
    throw new IdentityError('did_unsupported', {
      field: 'did',
      expected: 'a did:web of a domain of the public internet, without a port',
      found: did,
    })
  }
  return `${origin}/.well-known/did.json`
}
