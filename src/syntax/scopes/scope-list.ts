import { wrongArgument } from '../../errors/wrong-argument.ts'
import { isScopeToken, parseScope, type Scope } from './scope.ts'

/** How long a scope may be. Servers expand permission sets to hundreds of permissions. */
export const MAX_SCOPE_LENGTH = 65_536

/**
 * Reads a scope, whoever wrote it: one entry a token, in their order. Beyond {@link MAX_SCOPE_LENGTH} it is one invalid
 * entry.
 *
 * @throws TypeError only where it is not a string
 */
export function parseScopes(text: string): Scope[] {
  if (typeof text !== 'string') throw wrongArgument('scope', 'a string', text)
  if (text.length > MAX_SCOPE_LENGTH) {
    return [{ kind: 'invalid', token: text, reason: `expected at most ${MAX_SCOPE_LENGTH} characters` }]
  }
  return splitTokens(text).map(parseScope)
}

/**
 * Joins scopes, each once: `atproto` first, the others in their order.
 *
 * @throws TypeError where one is not printable ASCII
 */
export function joinScopes(scopes: readonly (string | Scope)[]): string {
  if (!Array.isArray(scopes)) throw wrongArgument('scopes', 'an array', scopes)
  const tokens = new Set(scopes.flatMap(tokensOf))
  for (const token of tokens) {
    if (!isScopeToken(token)) throw wrongArgument('scopes', 'printable ASCII without " and \\', token)
  }
  return [...(tokens.delete('atproto') ? ['atproto'] : []), ...tokens].join(' ')
}

function tokensOf(scope: string | Scope): readonly string[] {
  if (typeof scope === 'string') return splitTokens(scope)
  if (typeof scope?.token !== 'string') throw wrongArgument('scopes', 'scopes, as text or parsed', scope)
  return [scope.token]
}

/** Only a blank stands between two tokens. */
function splitTokens(text: string): string[] {
  return text.split(' ').filter((token) => token !== '')
}
