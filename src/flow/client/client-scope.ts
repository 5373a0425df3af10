import { wrongArgument } from '../../errors/wrong-argument.ts'
import { findListMistake } from '../../syntax/scopes/list-mistake.ts'
import { scopeText } from './scope-text.ts'

/** A scope as an app writes it: a text, or a list as `scopes` builds it. */
export type ScopeOption = string | readonly string[]

/** What an app says of its scopes. */
export interface ScopeOptions {
  readonly scope?: ScopeOption | undefined
  readonly fallbackScope?: ScopeOption | undefined
}

/** What a client asks for, and what instead where a server refuses that. */
export interface ToldScopes {
  readonly scope: string
  readonly fallbackScope: string | undefined
}

const TRANSITION = /^transition:/
const GRANULAR = /^(?:repo|rpc|blob|account|identity|include)(?:[:?]|$)/

/**
 * Tells what a client asks for. What its options do not say, its own document does. Where that declares both families of
 * scopes, which no request may mix, the transition scopes are the fallback, for servers that do not know the others yet;
 * or, where `fallbackScope` is of one family, the scope is the other. A `scope` that is given stands alone.
 *
 * @param declared the scope of the client's own document, where there is one
 * @throws TypeError where `atproto` is missing, a scope stands twice, or transition and granular scopes are mixed
 */
export function tellScopes(options: ScopeOptions, declared?: string): ToldScopes {
  const fallback =
    options.fallbackScope === undefined ? undefined : joinScope('fallbackScope', options.fallbackScope)
  const families = declared !== undefined && mixesFamilies(declared) ? splitFamilies(declared) : undefined
  const rest = fallback === undefined ? undefined : otherFamily(fallback, families)
  const scope = joinScope('scope', options.scope ?? rest ?? families?.granular ?? declared ?? 'atproto')
  // An app that names its scope gets no more than that, unless it names a fallback too.
  const other = options.scope === undefined ? otherFamily(scope, families) : undefined
  return { scope, fallbackScope: fallback ?? other }
}

/** All that a client may ever ask for: what its metadata declares. */
export function uniteScopes({ scope, fallbackScope }: ToldScopes): string {
  return [...new Set([...scope.split(' '), ...(fallbackScope?.split(' ') ?? [])])].join(' ')
}

/**
 * Joins a client's scope. Checks here what takes few words, since every client of a server loads this; the grammar of
 * each scope is checked where somebody signs in.
 *
 * @throws TypeError where `atproto` is missing, a scope stands twice, or transition and granular scopes are mixed
 * @see https://atproto.com/specs/oauth#authorization-scopes
 */
function joinScope(field: string, scope: ScopeOption): string {
  const text = scopeText(scope)
  const mistake = findListMistake(text)
  if (mistake) throw wrongArgument(field, ...mistake)
  if (mixesFamilies(text)) {
    throw wrongArgument(field, 'either transition scopes or those of single resources', text)
  }
  return text
}

/** What a document declares of each family. */
interface Families {
  readonly granular: string
  readonly transition: string
}

function splitFamilies(scope: string): Families {
  const tokens = scope.split(' ')
  return {
    granular: tokens.filter((token) => !TRANSITION.test(token)).join(' '),
    transition: tokens.filter((token) => token === 'atproto' || TRANSITION.test(token)).join(' '),
  }
}

/** A scope of neither family has no other: whoever asks for `atproto` alone does not want more instead. */
function otherFamily(scope: string, families: Families | undefined): string | undefined {
  if (hasToken(scope, GRANULAR)) return families?.transition
  return hasToken(scope, TRANSITION) ? families?.granular : undefined
}

function mixesFamilies(scope: string): boolean {
  return hasToken(scope, GRANULAR) && hasToken(scope, TRANSITION)
}

function hasToken(scope: string, pattern: RegExp): boolean {
  return scope.split(' ').some((token) => pattern.test(token))
}
