import { ScopeMistake } from './parameters.ts'
import { isResource, PARAMETERS, type Permission, readPermission, type Resource } from './permission.ts'

/** The scope that every session of this protocol has. */
export interface AtprotoScope {
  readonly kind: 'atproto'
}

/** One of the broad scopes from before there were permissions. */
export interface TransitionScope {
  readonly kind: 'transition'
  readonly name: 'generic' | 'chat.bsky' | 'email'
}

/** A scope of a resource that is not known here. It grants nothing that is known here. */
export interface UnknownScope {
  readonly kind: 'unknown'
}

/** A scope that is not well-formed, or wrong for its resource. It grants nothing. */
export interface InvalidScope {
  readonly kind: 'invalid'
  /** What is wrong with it. */
  readonly reason: string
}

/** One scope of several, read, beside the token that it was written as. */
export type Scope = { readonly token: string } & (
  | AtprotoScope
  | TransitionScope
  | Permission
  | UnknownScope
  | InvalidScope
)

// RFC 6749 §3.3
const TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/
const BROKEN_ESCAPE = /%(?![0-9a-fA-F]{2})/
const PARTS = /^[^:?]*(?::([^?]*))?(?:\?(.*))?$/
const PAIRS = /^[^=&?]+=[^&]*(?:&[^=&?]+=[^&]*)*$/

const TRANSITIONS: ReadonlyMap<string, TransitionScope> = new Map(
  (['generic', 'chat.bsky', 'email'] as const).map((name) => [`transition:${name}`, { kind: 'transition', name }]),
)

/** Whether this can stand in a scope at all, known or not. */
export function isScopeToken(text: string): boolean {
  return TOKEN.test(text)
}

/**
 * Reads one scope. It takes whatever a server or a person wrote, and says of what is wrong why.
 *
 * @see https://atproto.com/specs/permission#scope-string-syntax
 */
export function parseScope(token: string): Scope {
  if (!isScopeToken(token)) return { kind: 'invalid', token, reason: 'expected printable ASCII without " and \\' }
  const [resource = ''] = token.split(/[:?]/, 1)
  if (resource === 'atproto') return readPlain(token, token === 'atproto' && { kind: 'atproto' })
  if (resource === 'transition') return readPlain(token, TRANSITIONS.get(token))
  if (!isResource(resource)) return { kind: 'unknown', token }
  try {
    return { ...readPermission(resource, splitParameters(token, resource)), token }
  } catch (error) {
    if (error instanceof ScopeMistake) return { kind: 'invalid', token, reason: error.message }
    throw error
  }
}

function readPlain(token: string, scope: AtprotoScope | TransitionScope | false | undefined): Scope {
  if (scope) return { ...scope, token }
  const known = ['atproto', ...TRANSITIONS.keys()].join(', ')
  return { kind: 'invalid', token, reason: `expected one of ${known}` }
}

/** What stands behind the colon and behind the question mark, by name. */
function splitParameters(token: string, resource: Resource): Map<string, string[]> {
  const [first] = PARAMETERS[resource]
  const [, positional, query] = PARTS.exec(token) ?? []
  if (BROKEN_ESCAPE.test(token)) throw new ScopeMistake(resource, 'two hexadecimal digits after each %', token)
  if (query && !PAIRS.test(query)) throw new ScopeMistake(resource, 'name=value pairs after the ?', token)
  const values = new Map<string, string[]>()
  // Servers read these as the query of a URL: a bare `+` is a blank.
  for (const [name, value] of new URLSearchParams(query)) {
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  if (positional === undefined) return values
  if (values.has(first)) throw new ScopeMistake(first, 'either the one behind the colon or named ones', token)
  return values.set(first, [decodePositional(positional, first)])
}

function decodePositional(text: string, name: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    if (cause instanceof URIError) throw new ScopeMistake(name, 'UTF-8 behind each %', text)
    throw cause
  }
}
