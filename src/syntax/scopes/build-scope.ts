import { wrongArgument } from '../../errors/wrong-argument.ts'
import type { Nsid } from '../nsid.ts'
import { formatPermission } from './format-permission.ts'
import { ScopeMistake } from './parameters.ts'
import { readPermission, type Resource } from './permission.ts'
import type { MediaRange, RepoAction, ServiceReference } from './values.ts'
import { isJsonObject } from '../shape.ts'

/** An NSID as it is written in code, or one that `nsid()` has checked. */
export type NsidText = Nsid | `${string}.${string}.${string}`

type OneOrMore<Value> = Value | readonly Value[]

/** What `scopes.repo` asks for. */
export interface RepoScopeOptions {
  /** The collections whose records are written, or `*` for all. */
  readonly collection: OneOrMore<NsidText | '*'>
  /** @default all three */
  readonly action?: OneOrMore<RepoAction> | undefined
}

/** What `scopes.rpc` asks for. */
export interface RpcScopeOptions {
  /** The methods to call, or `*` for all that the service has. */
  readonly lxm: OneOrMore<NsidText | '*'>
  /** The service, with its fragment: `did:web:api.example.com#example_appview`. `*` is any, and not beside `lxm: '*'`. */
  readonly aud: ServiceReference | '*'
}

/** What `scopes.blob` asks for. */
export interface BlobScopeOptions {
  /** Types of media: `image/png`, `image/*`, or all of them. */
  readonly accept: OneOrMore<MediaRange>
}

/** What `scopes.account` asks for. */
export interface AccountScopeOptions {
  readonly attr: 'email' | 'repo'
  /** `manage` includes `read`. For `repo` only `manage` allows anything. @default 'read' */
  readonly action?: 'read' | 'manage' | undefined
}

/** What `scopes.identity` asks for. */
export interface IdentityScopeOptions {
  /** `*` is the whole DID document. */
  readonly attr: 'handle' | '*'
}

/** What `scopes.include` passes on to a permission set. */
export interface IncludeScopeOptions {
  /** The service at which the set's methods are called, where they inherit it. */
  readonly aud?: ServiceReference | undefined
}

/**
 * Writes a scope from options that say what its parameters are.
 *
 * @throws TypeError that names the field
 */
export function buildScope(resource: Resource, options: object): string {
  if (!isJsonObject(options)) throw wrongArgument(`scopes.${resource}`, 'an object', options)
  const values = new Map<string, readonly unknown[]>()
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) values.set(name, Array.isArray(value) ? value : [value])
  }
  try {
    return formatPermission(readPermission(resource, values))
  } catch (error) {
    if (error instanceof ScopeMistake) throw wrongArgument(error.field, error.expected, error.found)
    throw error
  }
}
