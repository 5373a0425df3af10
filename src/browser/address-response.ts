/** What may be an authorization response, as it stands in the address bar. */
export interface AddressResponse {
  readonly params: URLSearchParams
  readonly state: string
  /** The address without it: what is the app's own stays, letter for letter. */
  readonly rest: string
}

/** RFC 6749 §4.1.2, §4.1.2.1, RFC 9207 §2. */
const NAMES: ReadonlySet<string> = new Set(['code', 'state', 'iss', 'error', 'error_description', 'error_uri'])

/**
 * Finds what may be an authorization response in the query or in the fragment of an address: each has a state. The part
 * that has an answer too goes first, since an app may have a `state` of its own.
 */
export function findResponse(address: string): AddressResponse | undefined {
  const url = new URL(address)
  const { search, hash } = url
  const parts = [search, hash].map((part) => ({ part, params: new URLSearchParams(part.slice(1)) }))
  const withState = parts.filter(({ params }) => params.get('state'))
  const found = withState.find(({ params }) => params.has('code') || params.has('error')) ?? withState[0]
  const state = found?.params.get('state')
  if (!found || !state) return undefined
  const { part, params } = found
  const own = part
    .slice(1)
    .split('&')
    .filter((pair) => !NAMES.has(pair.replace(/=.*/s, '')))
    .join('&')
  const left = own && part[0] + own
  url.search = url.hash = ''
  return { params, state, rest: url.href + (part === search ? left + hash : search + left) }
}
