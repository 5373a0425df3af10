import { IdentityError } from '../errors/identity-error.ts'
import type { ResolveTxt } from '../http/create-transport.ts'
import { withDeadline } from '../http/deadline.ts'
import { isAtprotoDid } from '../syntax/account-did.ts'
import type { Handle } from '../syntax/handle.ts'
import type { Directory } from './directory.ts'
import type { Finding } from './finding.ts'
import { DNS_TIMEOUT_MS, LONGEST_HANDLE_IN_DNS } from './limits.ts'
import { timeLimit } from './time-limit.ts'

/**
 * Asks DNS which DID a handle points to: the TXT record of `_atproto.<handle>`.
 *
 * @throws IdentityError `handle_ambiguous`
 * @throws NetworkError `timeout`; what `resolveTxt` throws
 * @see https://atproto.com/specs/handle#handle-resolution
 */
export async function askDns(
  { transport, resolveTxt }: Directory,
  handle: Handle,
  signal: AbortSignal,
): Promise<Finding> {
  if (handle.length > LONGEST_HANDLE_IN_DNS) return { did: undefined, why: 'the handle is too long' }
  const name = `_atproto.${handle}`
  const deadline = timeLimit({ field: name }, DNS_TIMEOUT_MS, signal)
  const records = await withDeadline(transport.clock, deadline, (stop) => lookUp(resolveTxt, name, stop))
  const values = records.map((chunks) => chunks.join('')).filter((value) => value.startsWith('did='))
  const dids = new Set(values.map((value) => value.slice('did='.length).trim()).filter(isAtprotoDid))
  if (dids.size > 1) {
    throw new IdentityError('handle_ambiguous', {
      field: name,
      expected: 'one DID',
      found: [...dids].join(' and '),
      action: `type the account's DID; whoever keeps the domain leaves one did= record at ${name}`,
    })
  }
  const [did] = dids
  if (did !== undefined) return { did }
  return { did, why: values.length > 0 ? 'a TXT record without a DID of use' : 'no TXT record' }
}

/** `resolveTxt` as node:dns has it rejects where there are no such records: an answer, and an empty one. */
async function lookUp(resolveTxt: ResolveTxt, name: string, signal: AbortSignal): ReturnType<ResolveTxt> {
  try {
    return await resolveTxt(name, { signal })
  } catch (error) {
    if (error instanceof Error && 'code' in error && /^(?:ENOTFOUND|ENODATA)$/.test(String(error.code))) return []
    throw error
  }
}
