import type { Nsid } from '../nsid.ts'
import { type ParameterValues, ScopeMistake, ScopeParameters } from './parameters.ts'
import {
  MEDIA,
  type MediaRange,
  NSID,
  NSID_OR_ALL,
  oneWordOf,
  REPO_ACTIONS,
  type RepoAction,
  SERVICE_OR_ALL,
  SERVICE_REFERENCE,
  type ServiceReference,
} from './values.ts'

/** Writing records of these collections. */
export interface RepoPermission {
  readonly kind: 'repo'
  readonly collection: readonly (Nsid | '*')[]
  readonly action: readonly RepoAction[]
}

/** Calling these methods of a service in the account's name. */
export interface RpcPermission {
  readonly kind: 'rpc'
  readonly lxm: readonly (Nsid | '*')[]
  readonly aud: ServiceReference | '*'
}

/** Uploading blobs of these types. */
export interface BlobPermission {
  readonly kind: 'blob'
  readonly accept: readonly MediaRange[]
}

/** The email address, or the whole repository as one file. `manage` includes `read`. */
export interface AccountPermission {
  readonly kind: 'account'
  readonly attr: 'email' | 'repo'
  readonly action: 'read' | 'manage'
}

/** Changing the handle, or with `*` the whole DID document. */
export interface IdentityPermission {
  readonly kind: 'identity'
  readonly attr: 'handle' | '*'
}

/** What a published permission set holds. */
export interface IncludePermission {
  readonly kind: 'include'
  readonly nsid: Nsid
  /** The service that the set's methods are called at, where they inherit it. */
  readonly aud: ServiceReference | undefined
}

/** A permission for one resource, as a scope or a permission set grants it. */
export type Permission =
  | RepoPermission
  | RpcPermission
  | BlobPermission
  | AccountPermission
  | IdentityPermission
  | IncludePermission

/** A resource that permissions are for. */
export type Resource = Permission['kind']

/** The parameters of each resource. The first may stand behind a colon instead: `repo:com.example.note`. */
export const PARAMETERS: Readonly<Record<Resource, readonly [positional: string, ...others: string[]]>> = {
  repo: ['collection', 'action'],
  rpc: ['lxm', 'aud'],
  blob: ['accept'],
  account: ['attr', 'action'],
  identity: ['attr'],
  include: ['nsid', 'aud'],
}

const REPO_ACTION = oneWordOf(...REPO_ACTIONS)
const ACCOUNT_ATTRIBUTE = oneWordOf('email', 'repo')
const ACCOUNT_ACTION = oneWordOf('read', 'manage')
const IDENTITY_ATTRIBUTE = oneWordOf('handle', '*')

const READERS: Readonly<Record<Resource, (parameters: ScopeParameters) => Permission>> = {
  repo: (parameters) => ({
    kind: 'repo',
    collection: parameters.list('collection', NSID_OR_ALL),
    action: parameters.optionalList('action', REPO_ACTION) ?? [...REPO_ACTIONS],
  }),
  rpc: readRpc,
  blob: (parameters) => ({ kind: 'blob', accept: parameters.list('accept', MEDIA) }),
  account: (parameters) => ({
    kind: 'account',
    attr: parameters.one('attr', ACCOUNT_ATTRIBUTE),
    action: parameters.optional('action', ACCOUNT_ACTION) ?? 'read',
  }),
  identity: (parameters) => ({ kind: 'identity', attr: parameters.one('attr', IDENTITY_ATTRIBUTE) }),
  include: (parameters) => ({
    kind: 'include',
    nsid: parameters.one('nsid', NSID),
    aud: parameters.optional('aud', SERVICE_REFERENCE),
  }),
}

/** Whether scopes of this name are understood. */
export function isResource(name: string): name is Resource {
  return Object.hasOwn(PARAMETERS, name)
}

/**
 * Reads what a scope, an app or a permission set says of a resource.
 *
 * @throws ScopeMistake at the first parameter that is wrong
 * @see https://atproto.com/specs/permission#resource-types
 */
export function readPermission(resource: Resource, values: ParameterValues): Permission {
  return READERS[resource](new ScopeParameters(values, PARAMETERS[resource]))
}

function readRpc(parameters: ScopeParameters): RpcPermission {
  const lxm = parameters.list('lxm', NSID_OR_ALL)
  const aud = parameters.one('aud', SERVICE_OR_ALL)
  // Every method of every service is what nobody may ask for.
  if (aud === '*' && lxm.includes('*')) throw new ScopeMistake('aud', 'a service, where lxm is *', aud)
  return { kind: 'rpc', lxm, aud }
}
