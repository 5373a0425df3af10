import { IdentityError } from '../errors/identity-error.ts'
import type { Did } from '../syntax/did.ts'
import { type Handle, isResolvable } from '../syntax/handle.ts'
import { type DidDocument, findDidDocument } from './did-document.ts'
import type { Directory } from './directory.ts'
import { IDENTITY_AGE_MS } from './limits.ts'
import type { LookupLimits } from './lookup.ts'
import type { Lookups } from './lookups.ts'
import { isRefusal } from './refusal.ts'
import { findDid } from './resolve-handle.ts'

/** An account, proved both ways. */
export interface Identity {
  readonly did: Did
  /** Undefined where the account claims no handle, or one that does not point back to it. */
  readonly handle: Handle | undefined
  /** Origin of the account's PDS. */
  readonly pds: string
  /** The whole DID document, as it came. */
  readonly text: string
}

/**
 * Finds the account of a handle: the handle must point to the DID, and the DID's document must claim the handle.
 *
 * @throws IdentityError `handle_mismatch`, and those of the two lookups
 * @see https://atproto.com/specs/handle
 */
export async function identifyHandle(
  directory: Directory,
  handle: Handle,
  limits: LookupLimits,
  onDid?: (did: Did) => void,
): Promise<Identity> {
  const { cache, transport } = directory
  const isKnown = (answers: Pick<Lookups<unknown>, 'recallAnswer'>, key: string) =>
    answers.recallAnswer(key, transport.clock, IDENTITY_AGE_MS) !== undefined
  const isHandleRemembered = isKnown(cache.handles, handle)
  const did = await findDid(directory, handle, limits)
  onDid?.(did)
  const isRemembered = isHandleRemembered || isKnown(cache.documents, did)
  const askAgain = () => identifyHandle(directory, handle, { ...limits, fresh: true }, onDid)
  let document: DidDocument
  try {
    document = await findDidDocument(directory, did, limits)
  } catch (error) {
    // The handle may belong to another account by now.
    if (isHandleRemembered && !limits.fresh && isRefusal(error)) return askAgain()
    throw error
  }
  if (document.claimedHandle === handle) return identityOf(document, handle)
  // One of the two may have changed since it was asked for.
  if (isRemembered && !limits.fresh) return askAgain()
  throw new IdentityError('handle_mismatch', {
    url: document.url,
    field: 'alsoKnownAs',
    expected: handle,
    found: document.claimedHandle ?? null,
    action: `type ${nameOf(directory, document)}, or make ${handle} the handle of that account`,
  })
}

/** What to type for the account of a document: the handle that it claims, not yet proved. */
function nameOf({ transport }: Directory, { did, claimedHandle }: DidDocument): string {
  const isName = claimedHandle !== undefined && isResolvable(claimedHandle, transport)
  return isName ? `${claimedHandle}, which is what the account calls itself` : `the account's DID, ${did}`
}

/** Finds the account of a DID. A handle that does not point back is left out, and is no reason to fail. */
export async function identifyDid(directory: Directory, did: Did, limits: LookupLimits): Promise<Identity> {
  const document = await findDidDocument(directory, did, limits)
  return identityOf(document, await provedHandle(directory, document, limits))
}

/** The account of a document, with the handle that was proved. */
export function identityOf({ did, pds, text }: DidDocument, handle: Handle | undefined): Identity {
  return { did, handle, pds, text }
}

/** The handle that a document claims, where the handle points back to the document's DID. */
export async function provedHandle(
  directory: Directory,
  { did, claimedHandle }: Pick<DidDocument, 'did' | 'claimedHandle'>,
  limits: LookupLimits,
): Promise<Handle | undefined> {
  if (claimedHandle === undefined || !isResolvable(claimedHandle, directory.transport)) return undefined
  try {
    return (await findDid(directory, claimedHandle, limits)) === did ? claimedHandle : undefined
  } catch {
    // The account is known by its DID; a handle that nobody answers for is only not shown.
    limits.signal?.throwIfAborted()
    return undefined
  }
}
