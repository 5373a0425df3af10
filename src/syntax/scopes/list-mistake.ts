/**
 * Finds what is wrong with a scope as a list, whatever its tokens mean. Apart from their grammar, which is too long for
 * the pages that only make a client.
 *
 * @see https://atproto.com/specs/oauth#authorization-scopes
 */
export function findListMistake(scope: string): readonly [expected: string, found: string] | undefined {
  const tokens = scope.split(' ')
  if (!tokens.includes('atproto')) return ['a list with `atproto` in it', scope]
  const seen = new Set<string>()
  // Two blanks are a mistake of their own, and not a scope between them.
  const twice = tokens.find((token) => token !== '' && seen.size === seen.add(token).size)
  return twice === undefined ? undefined : ['each scope once', twice]
}
