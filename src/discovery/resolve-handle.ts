import { IdentityError } from '../errors/identity-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { Did } from '../syntax/did.ts'
import { assertResolvable, type Handle } from '../syntax/handle.ts'
import { askDns } from './ask-dns.ts'
import { askHandleHost } from './ask-handle-host.ts'
import { askHandleResolver } from './ask-handle-resolver.ts'
import type { Directory } from './directory.ts'
import { failedFinding, type Finding } from './finding.ts'
import { IDENTITY_AGE_MS } from './limits.ts'
import { acceptedAge, type LookupLimits } from './lookup.ts'
import { checkSpelling } from './what-to-type.ts'

/**
 * Finds the DID that a handle points to: remembered, or asked for. Proves one way only: the DID's document must claim the
 * handle too.
 *
 * @throws IdentityError `handle_placeholder`, `handle_reserved`, `handle_not_found`, `handle_ambiguous`,
 *   `handle_unresolved`
 * @throws NetworkError where a `handleResolver` cannot be asked
 */
export async function findDid(directory: Directory, handle: Handle, limits: LookupLimits): Promise<Did> {
  const { transport, cache } = directory
  assertResolvable(handle, { allowTest: transport.allowLoopback.size > 0 })
  const wish = { ...transport, maxAgeMs: acceptedAge(limits, IDENTITY_AGE_MS), signal: limits.signal }
  return cache.handles.find(handle, wish, (signal) => resolveHandle(directory, handle, signal))
}

/** Whether a DID is remembered of a handle, of an age that other uses accept. */
export function isHandleKnown(directory: Directory, handle: Handle): boolean {
  const { cache, transport } = directory
  return cache.handles.recallAnswer(handle, transport.clock, IDENTITY_AGE_MS) !== undefined
}

/**
 * Asks which DID a handle points to. DNS and the handle's own host are asked side by side, and DNS wins where they
 * disagree, and ends the question to the host where it answers first; a `handleResolver` is asked instead of both.
 *
 * @see https://atproto.com/specs/handle#handle-resolution
 */
async function resolveHandle(directory: Directory, handle: Handle, signal: AbortSignal): Promise<Did> {
  const { handleResolver } = directory
  if (handleResolver !== undefined) return askHandleResolver(directory, handleResolver, handle, signal)
  const decided = new AbortController()
  const both = AbortSignal.any([signal, decided.signal])
  const dns = askDns(directory, handle, both).catch(failedFinding)
  const host = askHandleHost(directory, handle, both).catch(failedFinding)
  host.catch(() => {}) // heard of below, and not at all where DNS gave the answer
  try {
    const fromDns = await dns
    // Nothing to wait for: the host could not change this answer.
    if (fromDns.did !== undefined) return fromDns.did
    if ('error' in fromDns && isAmbiguous(fromDns.error)) throw fromDns.error
    const fromHost = await host
    if (fromHost.did !== undefined) return fromHost.did
    throw nobodyAnswered(handle, fromDns, fromHost)
  } finally {
    decided.abort()
  }
}

function isAmbiguous(error: unknown): boolean {
  return error instanceof IdentityError && error.code === 'handle_ambiguous'
}

/** Nobody gave a DID: because there is none, or because somebody could not be asked. */
function nobodyAnswered(
  handle: Handle,
  dns: Extract<Finding, { did: undefined }>,
  host: Extract<Finding, { did: undefined }>,
): IdentityError {
  const dnsError = 'error' in dns ? dns.error : undefined
  const hostError = 'error' in host ? host.error : undefined
  const isNowhere = dnsError === undefined && (hostError === undefined || isNoSuchHost(hostError))
  return new IdentityError(isNowhere ? 'handle_not_found' : 'handle_unresolved', {
    field: 'handle',
    action: isNowhere ? checkSpelling(handle) : undefined,
    expected: `a TXT record at _atproto.${handle} or a DID at https://${handle}/.well-known/atproto-did`,
    found: handle,
    detail: `DNS: ${dns.why}; host: ${isNoSuchHost(hostError) ? 'no such host' : host.why}`,
    cause: hostError ?? dnsError,
  })
}

/** Node says so in the cause of the cause; other runtimes do not say why a host cannot be reached. */
function isNoSuchHost(error: unknown): boolean {
  const cause = error instanceof NetworkError && error.cause instanceof Error ? error.cause.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND'
}
