import { IdentityError } from '../errors.ts'
import type { RequestLimits } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import type { Handle } from '../syntax/handle.ts'
import { type DidDocument, fetchDidDocument } from './did-document.ts'
import type { Directory } from './directory.ts'
import { resolveHandle } from './resolve-handle.ts'

/** An account, proved both ways. */
export interface Identity {
  readonly did: Did
  /** Undefined where the account claims no handle, or one that does not point back to it. */
  readonly handle: Handle | undefined
  /** Origin of the account's PDS. */
  readonly pds: string
}

/**
 * Finds the account of a handle: the handle must point to the DID, and the DID's document must claim the handle.
 *
 * @throws IdentityError `handle_mismatch`, and those of {@link resolveHandle} and {@link fetchDidDocument}
 * @see https://atproto.com/specs/handle
 */
export async function identifyHandle(
  directory: Directory,
  handle: Handle,
  limits: RequestLimits,
): Promise<Identity> {
  const did = await resolveHandle(directory, handle, limits)
  const { pds, claimedHandle } = await fetchDidDocument(directory, did, limits)
  if (claimedHandle !== handle) {
    throw new IdentityError('handle_mismatch', {
      field: 'alsoKnownAs',
      expected: handle,
      found: claimedHandle ?? null,
    })
  }
  return { did, handle, pds }
}

/** Finds the account of a DID. A handle that does not point back is left out, and is no reason to fail. */
export async function identifyDid(directory: Directory, did: Did, limits: RequestLimits): Promise<Identity> {
  const document = await fetchDidDocument(directory, did, limits)
  return { did, handle: await provedHandle(directory, document, limits), pds: document.pds }
}

/** The handle that a document claims, where the handle points back to the document's DID. */
export async function provedHandle(
  directory: Directory,
  { did, claimedHandle }: DidDocument,
  limits: RequestLimits,
): Promise<Handle | undefined> {
  if (claimedHandle === undefined) return undefined
  try {
    return (await resolveHandle(directory, claimedHandle, limits)) === did ? claimedHandle : undefined
  } catch {
    // The account is known by its DID; a handle that nobody answers for is only not shown.
    limits.signal?.throwIfAborted()
    return undefined
  }
}
