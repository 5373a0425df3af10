import { IdentityError } from '../errors/identity-error.ts'
import type { Did } from '../syntax/did.ts'
import type { Handle } from '../syntax/handle.ts'
import { assertIdentifier, directoryOfCall, type DiscoveryOptions } from './discovery-options.ts'
import { parseObject } from './fetch-document.ts'
import { parseIdentifier } from './identifier.ts'
import { type Identity, identifyDid, identifyHandle } from './identity.ts'
import { IDENTITY_AGE_MS } from './limits.ts'

/** An account, found by its handle or DID and proved both ways. */
export interface ResolvedIdentity {
  readonly did: Did
  /** Undefined where the account claims none, or one that does not point back: show `handle.invalid`, or the DID. */
  readonly handle: Handle | undefined
  /** Origin of the account's PDS. */
  readonly pds: string
  /** The DID document as it came. Its `id`, handle and PDS were checked, and nothing else of it. */
  readonly document: Readonly<Record<string, unknown>>
}

/**
 * Finds an account: its DID, its handle where both point to each other, and where it lives.
 *
 * @example
 * const { did, handle, pds } = await resolveIdentity('alice.example.com')
 * console.log(handle ?? 'handle.invalid', did, pds)
 * @param identifier a handle, with or without `@`, or a DID
 * @throws IdentityError `handle_not_found`, `handle_mismatch`, `did_not_found` and the other codes of handles and DIDs
 * @throws NetworkError where somebody cannot be asked
 * @throws TypeError for options that cannot work, naming the field
 * @see https://atproto.com/specs/handle; https://atproto.com/specs/did
 */
export async function resolveIdentity(
  identifier: string,
  options: DiscoveryOptions = {},
): Promise<ResolvedIdentity> {
  assertIdentifier(identifier, 'a handle or a DID')
  const directory = directoryOfCall(options)
  const parsed = await parseIdentifier(directory.transport, identifier)
  const { signal, fresh, maxAgeMs = IDENTITY_AGE_MS } = options
  const limits = { signal, fresh, maxAgeMs }
  if (parsed.kind === 'handle') return handOut(await identifyHandle(directory, parsed.handle, limits))
  if (parsed.kind === 'did') return handOut(await identifyDid(directory, parsed.did, limits))
  const expected = 'a handle or a DID'
  const action = "type the account's handle, such as alice.example.com, or its DID"
  throw new IdentityError('identifier_is_server', { field: 'identifier', expected, found: parsed.origin, action })
}

/** Hands an account out, with a document that is the app's own: a cache keeps only its text. */
export function handOut({ text, ...identity }: Identity): ResolvedIdentity {
  return { ...identity, document: parseObject(text) ?? {} }
}
