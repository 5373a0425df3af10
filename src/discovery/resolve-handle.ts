import { IdentityError } from '../errors/identity-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import type { Did } from '../syntax/did.ts'
import type { Handle } from '../syntax/handle.ts'
import { askDns } from './ask-dns.ts'
import { askHandleHost } from './ask-handle-host.ts'
import { askHandleResolver } from './ask-handle-resolver.ts'
import type { Directory } from './directory.ts'
import { failedFinding, noDid, type NoFinding } from './finding.ts'
import type { LookupLimits } from './lookup.ts'
import { untilDecided } from './until-decided.ts'

/**
 * Finds the DID that a handle points to, one that may be looked up: remembered, or asked for. Proves one way only: the
 * DID's document must claim the handle too.
 *
 * @throws IdentityError `handle_not_found`, `handle_ambiguous`, `handle_unresolved`
 * @throws NetworkError where a `handleResolver` cannot be asked
 */
export async function findDid(directory: Directory, handle: Handle, limits: LookupLimits): Promise<Did> {
  const { transport, cache } = directory
  return cache.handles.find(handle, transport, limits, (signal) => resolveHandle(directory, handle, signal))
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
  return untilDecided(signal, async (both) => {
    const dns = askDns(directory, handle, both).catch(failedFinding)
    const host = askHandleHost(directory, handle, both).catch(failedFinding)
    const fromDns = await dns
    // Nothing to wait for: the host could not change this answer.
    if (fromDns.did !== undefined) return fromDns.did
    const { error } = fromDns
    if (error instanceof IdentityError && error.code === 'handle_ambiguous') throw error
    const fromHost = await host
    if (fromHost.did !== undefined) return fromHost.did
    throw nobodyAnswered(handle, fromDns, fromHost)
  })
}

/** Nobody gave a DID: because there is none, or because somebody could not be asked. */
function nobodyAnswered(handle: Handle, dns: NoFinding, host: NoFinding): IdentityError {
  const hasNoHost = isNoSuchHost(host.error)
  const isNowhere = dns.error === undefined && (host.error === undefined || hasNoHost)
  return noDid(isNowhere ? 'handle_not_found' : 'handle_unresolved', handle, {
    expected: `a TXT record at _atproto.${handle} or a DID at https://${handle}/.well-known/atproto-did`,
    detail: `DNS: ${dns.why}; host: ${hasNoHost ? 'no such host' : host.why}`,
    cause: host.error ?? dns.error,
  })
}

/** Node says so in the cause of the cause; other runtimes do not say why a host cannot be reached. */
function isNoSuchHost(error: unknown): boolean {
  const cause = error instanceof NetworkError && error.cause instanceof Error ? error.cause.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ENOTFOUND'
}
