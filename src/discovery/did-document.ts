import { IdentityError, type IdentityErrorCode } from '../errors/identity-error.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { parseOrigin } from '../http/origin.ts'
import type { Transport } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { type Handle, isHandle, isResolvable, readHandle } from '../syntax/handle.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { Directory } from './directory.ts'
import { fetchDocument } from './fetch-document.ts'
import type { LookupLimits } from './lookup.ts'

/** What this library reads of a DID document. */
export interface DidDocument {
  readonly did: Did
  /** The handle that the account claims: not yet proved by the handle itself. */
  readonly claimedHandle: Handle | undefined
  /** Origin of the account's PDS. */
  readonly pds: string
  /** Where the document was read. */
  readonly url: string
  /** The whole document, unchecked but for what is above: as text, which takes the least memory. */
  readonly text: string
}

/** Finds the document of a DID: remembered, or asked for as {@link fetchDidDocument} does. */
export function findDidDocument(directory: Directory, did: Did, limits: LookupLimits): Promise<DidDocument> {
  const { transport, cache } = directory
  return cache.documents.find(did, transport, limits, (signal) =>
    fetchDidDocument(directory, did, { ...limits, signal }),
  )
}

/**
 * Fetches the document of a `did:plc` or `did:web`. Reads it by hand, without a schema: refreshes come here too.
 *
 * @throws IdentityError `did_unsupported`, `did_not_found`, `did_tombstoned`, `did_unresolved`, `did_document_invalid`
 * @throws NetworkError
 * @see https://atproto.com/specs/did
 */
export async function fetchDidDocument(
  directory: Pick<Directory, 'transport' | 'plcDirectory'>,
  did: Did,
  limits: RequestLimits,
): Promise<DidDocument> {
  const url = documentUrl(directory, did)
  const { response, body, text } = await fetchDocument(directory.transport, url, limits)
  const { status } = response
  if (status !== 200) {
    const gone = GONE[status]
    const facts = gone ? { field: 'did', found: did } : { field: 'status', expected: '200', found: status }
    throw new IdentityError(gone ?? 'did_unresolved', { ...facts, url, response })
  }
  if (!body) {
    const expected = 'a JSON object'
    throw new IdentityError('did_document_invalid', { field: 'document', expected, url, response })
  }
  return { ...readDidDocument(directory.transport, did, url, body), text }
}

/** How the directory of did:plc, and any host, says that a DID was never there, or was taken out of use. */
const GONE: Readonly<Record<number, IdentityErrorCode>> = { 404: 'did_not_found', 410: 'did_tombstoned' }

/** Reads a DID document: whose it is, which handle it claims, where the account lives. */
function readDidDocument(
  transport: Pick<Transport, 'allowLoopback'>,
  did: Did,
  url: string,
  document: Readonly<Record<string, unknown>>,
): Omit<DidDocument, 'text'> {
  const flaw = (field: string, expected: string, found: unknown) =>
    new IdentityError('did_document_invalid', { url, field, expected, found: found ?? null })
  if (document['id'] !== did) throw flaw('id', did, document['id'])
  const { service } = document
  const services = Array.isArray(service) ? service.filter(isJsonObject) : []
  const endpoint = services.find((entry) => isPdsService(did, entry))?.['serviceEndpoint']
  const pds = parseOrigin(transport, endpoint)
  if (pds === undefined) throw flaw('service #atproto_pds', 'the https origin of a PDS', endpoint)
  return { did, claimedHandle: claimedHandle(document['alsoKnownAs']), pds, url }
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
    .map((alias: string) => readHandle(alias.slice('at://'.length)))
    .find((handle) => handle !== undefined)
}

const WEB_HOST = /^did:web:([a-z0-9.-]+)(?:%3A(\d{1,5}))?$/i

function documentUrl(
  { plcDirectory, transport }: Pick<Directory, 'transport' | 'plcDirectory'>,
  did: Did,
): string {
  if (/^did:plc:[a-z2-7]{24}$/.test(did)) return `${plcDirectory}/${did}`
  const [, host = '', port] = WEB_HOST.exec(did) ?? []
  const name = host.toLowerCase()
  if (port === undefined && isHandle(name) && isResolvable(name, transport)) {
    return `https://${name}/.well-known/did.json`
  }
  // The DID specification allows a port for localhost in development, and nowhere else.
  const origin = `http://${host}:${port}`
  const isDevelopment = host === 'localhost' && port !== undefined
  if (isDevelopment && transport.allowLoopback.has(origin)) return `${origin}/.well-known/did.json`
  throw new IdentityError('did_unsupported', {
    field: 'did',
    expected: 'did:plc, or did:web of a domain of the public internet',
    found: did,
    action: isDevelopment ? `for development, name ${origin} in \`allowLoopback\`` : undefined,
  })
}
