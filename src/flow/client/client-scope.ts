import { wrongArgument } from '../../errors.ts'

/** A scope as an app writes it: a text, or a list as `scopes` builds it. */
export type ScopeOption = string | readonly string[]

const TRANSITION = /^transition:/
const GRANULAR = /^(?:repo|rpc|blob|account|identity|include)(?:[:?]|$)/

/**
 * Joins a client's scope. Checks here what takes few words, since every page of a web app loads this; the grammar of
 * each scope is checked where somebody signs in.
 *
 * @throws TypeError where `atproto` is missing, a scope stands twice, or transition and granular scopes are mixed
 * @see https://atproto.com/specs/oauth#authorization-scopes
 */
export function joinScope(field: string, scope: ScopeOption): string {
  const text = typeof scope === 'string' ? scope : scope.join(' ')
  const tokens = text.split(' ')
  if (!tokens.includes('atproto')) throw wrongArgument(field, 'a list with `atproto` in it', text)
  const twice = tokens.find((token, at) => tokens.indexOf(token) !== at)
  if (twice !== undefined) throw wrongArgument(field, 'each scope once', twice)
  const granular = tokens.find((token) => GRANULAR.test(token))
  if (granular !== undefined && tokens.some((token) => TRANSITION.test(token))) {
    throw wrongArgument(field, 'either transition scopes or those of single resources', text)
  }
  return text
}

/** All that a client may ever ask for: what its metadata declares. */
export function uniteScopes(scope: string, fallbackScope: string | undefined): string {
  return [...new Set([...scope.split(' '), ...(fallbackScope?.split(' ') ?? [])])].join(' ')
}
