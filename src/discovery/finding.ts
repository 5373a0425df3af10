import { AtproofError, type ErrorFacts } from '../errors/atproof-error.ts'
import { IdentityError } from '../errors/identity-error.ts'
import type { Did } from '../syntax/did.ts'
import type { Handle } from '../syntax/handle.ts'
import { parseUrl } from '../syntax/parse-url.ts'

/** What one way of looking a handle up gave. */
export type Finding = { readonly did: Did } | NoFinding

/** There is no DID; with an error, nobody knows. `why` may be shown to anybody. */
export interface NoFinding {
  readonly did: undefined
  readonly why: string
  readonly error?: unknown
}

/** What a lookup that threw gave. Says of the error what certainly holds no secret: what it is called, and where. */
export function failedFinding(error: unknown): NoFinding {
  return { did: undefined, why: nameOf(error), error }
}

/** The error for a handle that leads to no DID: nobody answers for it, or nobody knows. */
export function noDid(
  code: 'handle_not_found' | 'handle_unresolved',
  handle: Handle,
  facts: ErrorFacts,
): IdentityError {
  const spelling = `check the spelling, or, where this is a server, type https://${handle}`
  const action = code === 'handle_not_found' ? spelling : undefined
  return new IdentityError(code, { ...facts, field: 'handle', found: handle, action })
}

function nameOf(error: unknown): string {
  if (error instanceof AtproofError) {
    const { code, found, url, field } = error
    if (field === 'host' || field === 'address') return `${code} ${String(found)}`
    const what = field === 'status' ? `status ${String(found)}` : code
    // A URL that names no host, as `data:` does, is shown as it is: an error holds it without its query.
    return url === undefined ? what : `${what} at ${parseUrl(url)?.host || url}`
  }
  if (!(error instanceof Error)) return 'failed'
  // node:dns says ESERVFAIL; what stands in a message is not known.
  return 'code' in error && /^[A-Z_]{1,30}$/.test(String(error.code)) ? String(error.code) : error.name
}
