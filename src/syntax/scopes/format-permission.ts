import { PARAMETERS, type Permission, type Resource } from './permission.ts'
import { REPO_ACTIONS } from './values.ts'

/** Characters that servers write as they are, where a query would escape them. `+` and `%` mean something else bare. */
const BARE_IN_PARAMETER = /%(?:3A|2F|2C|40)/g
const BARE_IN_POSITIONAL = /%(?:3A|2F|2C|40|2B)/g

/**
 * Writes a permission as a scope, in one form whatever the order of its values: sorted, each value once, nothing that
 * another value includes, no default.
 *
 * @see https://atproto.com/specs/permission#scope-string-syntax
 */
export function formatPermission(permission: Permission): string {
  switch (permission.kind) {
    case 'repo':
      return writeScope('repo', widest(permission.collection), formatActions(permission.action))
    case 'rpc':
      return writeScope('rpc', widest(permission.lxm), [permission.aud])
    case 'blob':
      return writeScope('blob', widestMedia(permission.accept))
    case 'account':
      return writeScope('account', [permission.attr], permission.action === 'read' ? [] : [permission.action])
    case 'identity':
      return writeScope('identity', [permission.attr])
    case 'include':
      return writeScope('include', [permission.nsid], permission.aud === undefined ? [] : [permission.aud])
  }
}

/** A single first value stands behind a colon. */
function writeScope(resource: Resource, first: readonly string[], second: readonly string[] = []): string {
  const [firstName, secondName = ''] = PARAMETERS[resource]
  const [only] = first.length === 1 ? first : []
  const parameters = new URLSearchParams([
    ...(only === undefined ? first.map((value) => [firstName, value]) : []),
    ...second.map((value) => [secondName, value]),
  ])
  const positional = only === undefined ? '' : `:${bare(encodeURIComponent(only), BARE_IN_POSITIONAL)}`
  const query = bare(parameters.toString(), BARE_IN_PARAMETER)
  return resource + positional + (query && `?${query}`)
}

function bare(encoded: string, characters: RegExp): string {
  return encoded.replace(characters, decodeURIComponent)
}

function widest(values: readonly string[]): readonly string[] {
  return values.includes('*') ? ['*'] : inOrder(values)
}

function formatActions(actions: readonly string[]): readonly string[] {
  const given = REPO_ACTIONS.filter((action) => actions.includes(action))
  return given.length === REPO_ACTIONS.length ? [] : given
}

function widestMedia(ranges: readonly string[]): readonly string[] {
  // Types of media are the same in any case, and servers compare them as they are written.
  const all = new Set(ranges.map((range) => range.toLowerCase()))
  if (all.has('*/*')) return ['*/*']
  return inOrder([...all].filter((range) => range.endsWith('/*') || !all.has(range.replace(/\/.*/, '/*'))))
}

/** By code unit, in every locale. */
function inOrder(values: readonly string[]): readonly string[] {
  return [...new Set(values)].toSorted()
}
