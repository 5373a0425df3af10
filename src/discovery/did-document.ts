import { IdentityError } from '../errors/identity-error.ts'
import { parseOrigin } from '../http/origin.ts'
import type { RequestLimits } from '../http/exchange.ts'
import type { Transport } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { type Handle, isHandle, isResolvable, readHandle } from '../syntax/handle.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { Directory } from './directory.ts'
import { fetchDocument } from './fetch-document.ts'
import { IDENTITY_AGE_MS } from './limits.ts'
import { acceptedAge, type LookupLimits } from './lookup.ts'

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
  const wish = { ...transport, maxAgeMs: acceptedAge(limits, IDENTITY_AGE_MS), signal: limits.signal }
  return cache.documents.find(did, wish, (signal) => fetchDidDocument(directory, did, { ...limits, signal }))
}

/** Whether anything is remembered of a DID, of an age that other uses accept. */
export function isDocumentKnown(directory: Directory, did: Did): boolean {
  const { cache, transport } = directory
  return cache.documents.recallAnswer(did, transport.clock, IDENTITY_AGE_MS) !== undefined
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
  return { ...readDidDocument(directory.transport, did, url, body), text }
}

/** Reads a DID document: whose it is, which handle it claims, where the account lives. */
function readDidDocument(
  transport: Pick<Transport, 'allowLoopback'>,
  did: Did,
  url: string,
  document: Readonly<Record<string, unknown>>,
): Omit<DidDocument, 'text'> {
  if (document['id'] !== did) {
    const found = document['id'] ?? null
    throw new IdentityError('did_document_invalid', { url, field: 'id', expected: did, found })
  }
  const service = listOf(document['service']).find((entry) => isPdsService(did, entry))
  const endpoint = service?.['serviceEndpoint']
  const pds = parseOrigin(transport, endpoint)
  if (pds === undefined) {
    throw new IdentityError('did_document_invalid', {
      url,
      field: 'service #atproto_pds',
      expected: 'the https origin of a PDS',
      found: endpoint ?? null,
    })
  }
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

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}

const WEB_HOST = /^did:web:([a-z0-9.-]+)(?:%3A(\d{1,5}))?$/i

function documentUrl(
  { plcDirectory, transport }: Pick<Directory, 'transport' | 'plcDirectory'>,
  did: Did,
): string {
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
      action:
        host === 'localhost' && port !== undefined
          ? `for development, name ${origin} in \`allowLoopback\``
          : undefined,
    })
  }
  return `${origin}/.well-known/did.json`
}
