import { wrongArgument } from '../../errors/wrong-argument.ts'
import { parseScope } from './scope.ts'
import { formatPermission } from './format-permission.ts'
import { ScopeMistake } from './parameters.ts'
import { type IncludePermission, type Permission, readPermission } from './permission.ts'
import { isJsonObject } from '../shape.ts'

/**
 * The scopes that a permission set grants to an `include:` of it, as servers work them out. A permission that the set
 * may not hold is left out: other resources than `repo` and `rpc`, wildcards, what is not below the set's own name, a
 * service of its own choice, and what is not understood.
 *
 * @param include a scope such as `include:com.example.authBasic`
 * @param permissionSet the lexicon document of that set
 * @throws TypeError where the scope is not an include, or the document not that of its set
 * @see https://atproto.com/specs/permission#permission-sets
 */
export function expandInclude(include: string, permissionSet: unknown): string[] {
  const scope = parseScope(include)
  if (scope.kind !== 'include') throw wrongArgument('include', 'a scope such as include:com.example.auth', include)
  const permissions = readSet(scope.nsid, permissionSet).flatMap((entry) => readEntry(entry, scope) ?? [])
  return [...new Set(permissions.map(formatPermission))]
}

function readSet(nsid: string, document: unknown): readonly unknown[] {
  const fields = isJsonObject(document) ? document : {}
  if (fields['id'] !== nsid) throw wrongArgument('permissionSet', `the lexicon document of ${nsid}`, fields['id'])
  const main = isJsonObject(fields['defs']) ? fields['defs']['main'] : undefined
  if (!isJsonObject(main) || main['type'] !== 'permission-set' || !Array.isArray(main['permissions'])) {
    throw wrongArgument('permissionSet', 'a `main` definition that is a permission-set', main)
  }
  return main['permissions']
}

function readEntry(entry: unknown, set: IncludePermission): Permission | undefined {
  if (!isJsonObject(entry) || entry['type'] !== 'permission') return undefined
  const { type: _, resource, ...parameters } = entry
  if (resource === 'repo') return readBelow(set.nsid, 'repo', parameters)
  return resource === 'rpc' ? readRpc(parameters, set) : undefined
}

/** A method is for any service, or for the one that the `include:` names. */
function readRpc({ inheritAud, ...parameters }: Fields, set: IncludePermission): Permission | undefined {
  const isInherited = inheritAud === true
  if (!isInherited && inheritAud !== undefined && inheritAud !== false) return undefined
  if (isInherited === Object.hasOwn(parameters, 'aud')) return undefined
  // An `include:` without a service has none to pass on: it is then left out like any other mistake.
  if (isInherited) return readBelow(set.nsid, 'rpc', { ...parameters, aud: set.aud })
  return parameters['aud'] === '*' ? readBelow(set.nsid, 'rpc', parameters) : undefined
}

type Fields = Readonly<Record<string, unknown>>

function readBelow(nsid: string, resource: 'repo' | 'rpc', parameters: Fields): Permission | undefined {
  const values = new Map<string, readonly unknown[]>()
  for (const [name, value] of Object.entries(parameters)) {
    // In a lexicon every list is an array, of one item as well, and nothing else is.
    if (Array.isArray(value) !== (name !== 'aud')) return undefined
    values.set(name, Array.isArray(value) ? value : [value])
  }
  try {
    const permission = readPermission(resource, values)
    return namesOf(permission).every((name) => isBelow(nsid, name)) ? permission : undefined
  } catch (error) {
    if (error instanceof ScopeMistake) return undefined
    throw error
  }
}

function namesOf(permission: Permission): readonly string[] {
  if (permission.kind === 'repo') return permission.collection
  return permission.kind === 'rpc' ? permission.lxm : []
}

/** Whether a name is in the same group as the set's, or in one under it. A wildcard is in none. */
function isBelow(nsid: string, name: string): boolean {
  return name.startsWith(nsid.slice(0, nsid.lastIndexOf('.') + 1))
}
