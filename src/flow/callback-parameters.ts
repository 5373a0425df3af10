import { AuthorizationError } from '../errors/authorization-error.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import { LONGEST_CALLBACK } from './limits.ts'

/** The parameters of an authorization response, each at most once. */
export interface CallbackParameters {
  readonly state: string
  readonly issuer: string | undefined
  readonly code: string | undefined
  readonly error: string | undefined
  readonly errorDescription: string | undefined
}

const KNOWN = ['state', 'iss', 'code', 'error', 'error_description', 'response'] as const

/**
 * Reads an authorization response from the URL that the page returned to, its query or its fragment.
 *
 * @throws AuthorizationError `callback_malformed`, `parameter_repeated`, `state_missing`
 * @see RFC 6749 §4.1.2
 */
export function parseCallback(input: string | URL | URLSearchParams): CallbackParameters {
  const text = String(input)
  assertLength(text)
  const params = input instanceof URLSearchParams ? input : paramsOf(text)
  // RFC 6749 §3.1: a parameter must not occur twice. Unknown ones are ignored.
  const repeated = KNOWN.find((name) => params.getAll(name).length > 1)
  if (repeated)
    throw new AuthorizationError('parameter_repeated', { field: repeated, expected: 'one', found: 'several' })
  if (params.has('response')) {
    throw new AuthorizationError('callback_malformed', {
      field: 'response',
      expected: 'plain parameters',
      found: 'a JWT',
    })
  }
  const read = (name: (typeof KNOWN)[number]) => params.get(name) || undefined
  const state = read('state')
  if (state === undefined)
    throw new AuthorizationError('state_missing', {
      field: 'state',
      expected: 'the whole URL that the page returned to',
    })
  return {
    state,
    issuer: read('iss'),
    code: read('code'),
    error: read('error'),
    errorDescription: read('error_description'),
  }
}

function assertLength({ length }: string): void {
  if (length <= LONGEST_CALLBACK) return
  const expected = `at most ${LONGEST_CALLBACK} characters`
  throw new AuthorizationError('callback_malformed', { field: 'callback', expected })
}

function paramsOf(text: string): URLSearchParams {
  const url = parseUrl(text)
  if (url) return responseIn(url.search.slice(1), url.hash.slice(1))
  // As `location.search`, `location.hash` or the path of a request give it, too.
  const [isPart, query = '', fragment = ''] = /^(?=[/?#])[^?#]*(?:\?([^#]*))?(?:#(.*))?$/s.exec(text) ?? []
  return isPart === undefined ? new URLSearchParams(text) : responseIn(query, fragment)
}

function responseIn(query: string, fragment: string): URLSearchParams {
  // A question mark of its own, since one that is there already would be dropped from a name.
  const [inQuery, inFragment] = [new URLSearchParams(`?${query}`), new URLSearchParams(`?${fragment}`)]
  return KNOWN.some((name) => inQuery.has(name)) ? inQuery : inFragment
}
