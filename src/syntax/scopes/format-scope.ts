import { wrongArgument } from '../../errors/wrong-argument.ts'
import { findListMistake } from './list-mistake.ts'
import { isScopeToken, parseScope, type Scope } from './scope.ts'
import { MAX_SCOPE_LENGTH } from './scope-list.ts'
import { isResource } from './permission.ts'

/**
 * Checks the scope that an app asks for and gives it back as one string, no token changed: servers compare each with
 * the client's metadata as it is written. Scopes of an unknown resource pass.
 *
 * @param field what the option is called
 * @throws TypeError that names the field and what is wrong
 * @see https://atproto.com/specs/oauth#authorization-scopes
 */
export function formatScope(scope: string | readonly string[], field = 'scope'): string {
  const texts = typeof scope === 'string' ? [scope] : scope
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    throw wrongArgument(field, 'a string or an array of strings', scope)
  }
  const text = texts.join(' ')
  if (text.length > MAX_SCOPE_LENGTH) throw wrongArgument(field, `at most ${MAX_SCOPE_LENGTH} characters`, text)
  const tokens = text.split(' ')
  const mistake = findTokenMistake(tokens, text) ?? findScopeMistake(tokens.map(parseScope), text)
  if (mistake) throw wrongArgument(field, ...mistake)
  return text
}

type Mistake = readonly [expected: string, found: string]

function findTokenMistake(tokens: readonly string[], text: string): Mistake | undefined {
  if (!tokens.every(isScopeToken))
    return ['scopes of printable ASCII without " and \\, one blank between two', text]
  return findListMistake(text)
}

function findScopeMistake(scopes: readonly Scope[], text: string): Mistake | undefined {
  const invalid = scopes.find((scope) => scope.kind === 'invalid')
  if (invalid) return [`valid scopes (${invalid.reason})`, invalid.token]
  const has = (token: string) => scopes.some((scope) => scope.token === token)
  // There are servers that refuse the two families of scopes together.
  const transition = scopes.find(({ kind }) => kind === 'transition')
  const granular = scopes.find(({ kind }) => isResource(kind))
  if (transition && granular) return [`no scope of a single resource beside ${transition.token}`, granular.token]
  if (!has('transition:chat.bsky') || has('transition:generic')) return undefined
  return ['transition:generic beside transition:chat.bsky', text]
}
