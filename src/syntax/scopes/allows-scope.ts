import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { Scope } from './scope.ts'
import { parseScopes } from './scope-list.ts'

/**
 * Whether a granted scope allows all that another one names, in whatever words either is written. Ask the scope that a
 * session has now: a refresh can change it. What is unknown or an `include:` is allowed by the same scope only: servers
 * grant what a permission set holds, see `expand`. What is invalid is never allowed, and allows nothing.
 */
export function allowsScope(granted: string | readonly string[], needed: string | readonly string[]): boolean {
  const grants = new Set(
    readAll('granted', granted).flatMap((scope) => waysToHave(scope).map(([itself]) => itself)),
  )
  return readAll('needed', needed).every(
    (scope) =>
      scope.kind !== 'invalid' && waysToHave(scope).every((ways) => ways.some((grant) => grants.has(grant))),
  )
}

function readAll(field: string, scope: string | readonly string[]): Scope[] {
  const texts = typeof scope === 'string' ? [scope] : scope
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    throw wrongArgument(field, 'a string or an array of strings', scope)
  }
  return parseScopes(texts.join(' '))
}

/** The smallest things that a scope is for, each with every grant that allows it: itself, then the wider ones. */
type Ways = readonly [itself: string, ...wider: string[]]

function waysToHave(scope: Scope): readonly Ways[] {
  switch (scope.kind) {
    case 'repo':
      return scope.collection.flatMap((collection) =>
        scope.action.map((action): Ways => [
          `repo ${collection} ${action}`,
          `repo * ${action}`,
          'transition:generic',
        ]),
      )
    case 'rpc':
      return scope.lxm.map((lxm): Ways => [
        `rpc ${lxm} ${scope.aud}`,
        `rpc * ${scope.aud}`,
        `rpc ${lxm} *`,
        transitionOf(lxm),
      ])
    case 'blob':
      return scope.accept.map((type): Ways => [
        `blob ${type}`,
        `blob ${type.replace(/\/.*/, '/*')}`,
        'blob */*',
        'transition:generic',
      ])
    case 'account':
      return [waysToAccount(scope.attr, scope.action)]
    case 'identity':
      return [[`identity ${scope.attr}`, 'identity *']]
    case 'include':
      return [[`include ${scope.nsid} ${scope.aud}`]]
    case 'invalid':
      return []
    default:
      return [[scope.token]]
  }
}

/** The methods of chat have a broad scope of their own. `*` is no method of chat: servers let the other one do. */
function transitionOf(lxm: string): string {
  return lxm.startsWith('chat.bsky.') ? 'transition:chat.bsky' : 'transition:generic'
}

function waysToAccount(attr: string, action: string): Ways {
  const ways: Ways = [`account ${attr} ${action}`, `account ${attr} manage`]
  return attr === 'email' && action === 'read' ? [...ways, 'transition:email'] : ways
}
