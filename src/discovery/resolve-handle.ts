import { IdentityError, type IdentityErrorCode, NetworkError } from '../errors.ts'
import { readText, readJson } from '../http/body.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { SECOND } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import { assertAllowed, exchange, fetchOnce, isRedirect, type RequestLimits } from '../http/transport.ts'
import type { Did } from '../syntax/did.ts'
import { assertResolvable, type Handle } from '../syntax/handle.ts'
import { isAccountDid } from './account-did.ts'
import type { Directory, ResolveTxt } from './directory.ts'

const DNS_TIMEOUT_MS = 3 * SECOND
const HTTPS_TIMEOUT_MS = 5 * SECOND
const MAX_DID_BYTES = 4 * 1024
const MAX_REDIRECTS = 5
/** With `_atproto.` before it a longer handle is no domain name any more. */
const MAX_DNS_HANDLE = 244

/**
 * Turns a handle into the DID it points to. DNS and the handle's own host are asked side by side, and DNS wins where
 * they disagree; a `handleResolver` is asked instead of both. Proves one way only: the DID's document must claim the
 * handle too.
 *
 * @throws IdentityError `handle_reserved`, `handle_not_found`, `handle_ambiguous`, `handle_unresolved`
 * @see https://atproto.com/specs/handle#handle-resolution
 */
export async function resolveHandle(directory: Directory, handle: Handle, limits: RequestLimits): Promise<Did> {
  assertResolvable(handle, { allowTest: directory.transport.allowLoopback.size > 0 })
  if (directory.handleResolver !== undefined)
    return askService(directory, directory.handleResolver, handle, limits)
  const losing = new AbortController()
  const signal = limits.signal ? AbortSignal.any([limits.signal, losing.signal]) : losing.signal
  const dns = settle(askDns(directory, handle, { signal }))
  const https = settle(askHost(directory, handle, { signal }))
  try {
    const fromDns = await dns
    // Nothing to wait for: the other answer could not change this one.
    if (fromDns.did !== undefined || isFinal(fromDns.error)) return didOr(fromDns)
    const fromHost = await https
    limits.signal?.throwIfAborted()
    if (fromHost.did !== undefined) return fromHost.did
    throw unresolved(handle, fromDns.error, fromHost.error)
  } finally {
    losing.abort()
  }
}

/** What one way of asking gave: a DID, no DID, or the failure to ask. */
interface Finding {
  readonly did?: Did | undefined
  readonly error?: unknown
}

function settle(asking: Promise<Did | undefined>): Promise<Finding> {
  return asking.then(
    (did) => ({ did }),
    (error: unknown) => ({ error }),
  )
}

function didOr({ did, error }: Finding): Did {
  if (did === undefined) throw error
  return did
}

function isFinal(error: unknown): boolean {
  return error instanceof IdentityError && error.code === 'handle_ambiguous'
}

/** Nobody gave a DID: because there is none, or because somebody could not be asked. */
function unresolved(handle: Handle, dns: unknown, host: unknown): IdentityError {
  const hostIsGone = host === undefined || isNoSuchHost(host)
  const code: IdentityErrorCode = dns === undefined && hostIsGone ? 'handle_not_found' : 'handle_unresolved'
  return new IdentityError(code, {
    field: 'handle',
    expected: `a TXT record at _atproto.${handle} or a DID at https://${handle}/.well-known/atproto-did`,
    found: handle,
    cause: host ?? dns,
  })
}

function isNoSuchHost(error: unknown): boolean {
  const cause = error instanceof NetworkError && error.cause instanceof Error ? error.cause.cause : undefined
  return hasCode(cause, 'ENOTFOUND')
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

async function askDns(
  { transport, resolveTxt }: Directory,
  handle: Handle,
  { signal }: RequestLimits,
): Promise<Did | undefined> {
  if (handle.length > MAX_DNS_HANDLE) return undefined
  const onTimeout = () => new NetworkError('timeout', { expected: `a DNS answer in ${DNS_TIMEOUT_MS} ms` })
  const deadline = { timeoutMs: DNS_TIMEOUT_MS, onTimeout, signal }
  const records = await withDeadline(transport.clock, deadline, (stop) =>
    lookUp(resolveTxt, `_atproto.${handle}`, stop),
  )
  const values = records.map((chunks) => chunks.join('')).filter((value) => value.startsWith('did='))
  const dids = [...new Set(values.map((value) => value.slice('did='.length).trim()))].filter((did) =>
    isAccountDid(did),
  )
  if (dids.length > 1) {
    throw new IdentityError('handle_ambiguous', {
      field: `_atproto.${handle}`,
      expected: 'one DID',
      found: dids.join(' and '),
    })
  }
  return dids[0]
}

/** `resolveTxt` as node:dns has it rejects where there are no such records: an answer, and an empty one. */
async function lookUp(resolveTxt: ResolveTxt, name: string, signal: AbortSignal): ReturnType<ResolveTxt> {
  try {
    return await resolveTxt(name, { signal })
  } catch (error) {
    if (hasCode(error, 'ENOTFOUND', 'ENODATA')) return []
    throw error
  }
}

async function askHost(
  { transport }: Directory,
  handle: Handle,
  { signal }: RequestLimits,
): Promise<Did | undefined> {
  const onTimeout = () =>
    new NetworkError('timeout', { url: `https://${handle}`, expected: `an answer in ${HTTPS_TIMEOUT_MS} ms` })
  return withDeadline(transport.clock, { timeoutMs: HTTPS_TIMEOUT_MS, onTimeout, signal }, async (stop) => {
    let url = `https://${handle}/.well-known/atproto-did`
    for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
      assertAllowed(transport, url)
      const response = await fetchOnce(transport, url, { signal: stop })
      // A browser shows nothing of a redirect, and guards the network behind it by rules of its own.
      if (response.type === 'opaqueredirect') return readDid(await transport.fetch(url, { signal: stop }))
      const location = response.headers.get('location')
      if (isRedirect(response) && location !== null) {
        url = new URL(location, url).href
        continue
      }
      return readDid(response)
    }
    throw new NetworkError('too_many_redirects', { url, expected: `at most ${MAX_REDIRECTS}` })
  })
}

async function readDid(response: Response): Promise<Did | undefined> {
  if (response.status >= 500) throw new Error(`the handle's host answered ${response.status}`)
  const did = response.ok ? (await readText(response, MAX_DID_BYTES)).trim() : undefined
  return isAccountDid(did) ? did : undefined
}

async function askService(
  { transport }: Directory,
  service: string,
  handle: Handle,
  limits: RequestLimits,
): Promise<Did> {
  const url = `${service}/xrpc/com.atproto.identity.resolveHandle?${new URLSearchParams({ handle })}`
  return exchange(transport, { url, init: {} }, limits, async (response) => {
    const body = await readJson(response, MAX_DID_BYTES)
    const did = response.ok && isJsonObject(body) ? body['did'] : undefined
    if (isAccountDid(did)) return did
    // The lexicon's answer for a handle that it cannot resolve is 400.
    const code = response.status === 400 || response.status === 404 ? 'handle_not_found' : 'handle_unresolved'
    throw new IdentityError(code, { field: 'handle', expected: `a DID from ${service}`, found: handle, response })
  })
}
