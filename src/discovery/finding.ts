import { AtproofError } from '../errors/atproof-error.ts'
import type { Did } from '../syntax/did.ts'
import { parseUrl } from '../syntax/parse-url.ts'

/** What one way of looking a handle up gave. */
export type Finding =
  | { readonly did: Did }
  /** An answer: there is no DID. `why` may be shown to anybody. */
  | { readonly did: undefined; readonly why: string }
  /** No answer. */
  | { readonly did: undefined; readonly why: string; readonly error: unknown }

/** What a lookup that threw gave. Says of the error what certainly holds no secret: what it is called, and where. */
export function failedFinding(error: unknown): Finding {
  return { did: undefined, why: nameOf(error), error }
}

function nameOf(error: unknown): string {
  if (error instanceof AtproofError) {
    const { code, found, url, field } = error
    if (field === 'host' || field === 'address') return `${code} ${String(found)}`
    const what = field === 'status' ? `status ${String(found)}` : code
    return url === undefined ? what : `${what} at ${hostOf(url)}`
  }
  if (!(error instanceof Error)) return 'failed'
  // node:dns says ESERVFAIL; what stands in a message is not known.
  return 'code' in error && /^[A-Z_]{1,30}$/.test(String(error.code)) ? String(error.code) : error.name
}

/** Of a URL that names no host, as `data:` does: the URL, which an error holds without its query. */
function hostOf(url: string): string {
  return parseUrl(url)?.host || url
}
