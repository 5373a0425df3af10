import { isKnownScope } from '../authorization-server/scopes.ts'
import { formatScope, parseScope, readValues } from './scope-syntax.ts'
import { XrpcRefusal } from './xrpc-refusal.ts'

/** What can be done to a record. */
export type RepoAction = 'create' | 'update' | 'delete'

/** What one scope allows. */
type Grant =
  | { readonly resource: 'repo'; readonly collections: readonly string[]; readonly actions: readonly string[] }
  | { readonly resource: 'blob'; readonly accept: readonly string[] }
  | { readonly resource: 'rpc'; readonly methods: readonly string[]; readonly audiences: readonly string[] }
  | { readonly resource: 'account'; readonly attributes: readonly string[]; readonly actions: readonly string[] }

/**
 * What a session may do. A scope that is not understood allows nothing.
 *
 * @see https://atproto.com/specs/permission
 */
export class Permissions {
  readonly #grants: readonly Grant[]
  readonly #transitions: ReadonlySet<string>
  readonly #isFull: boolean

  private constructor(scopes: readonly string[], isFull: boolean) {
    this.#grants = scopes.flatMap((scope) => readGrant(scope) ?? [])
    this.#transitions = new Set(scopes.filter((scope) => scope.startsWith('transition:')))
    this.#isFull = isFull
  }

  /** Those of an OAuth session. */
  static ofScope(scope: string): Permissions {
    return new Permissions(scope.split(' '), false)
  }

  /** Those of somebody who signed in with the password of the account. */
  static full(): Permissions {
    return new Permissions([], true)
  }

  /** Whether this is a password's and not an app's. */
  get isFull(): boolean {
    return this.#isFull
  }

  /** Throws a 403 that names the scope which is missing, as the others here do. */
  requireRepo(action: RepoAction, collection: string): void {
    const isAllowed =
      this.#has('transition:generic') ||
      this.#grants.some(
        (grant) =>
          grant.resource === 'repo' && grant.actions.includes(action) && includes(grant.collections, collection),
      )
    if (!isAllowed) throw scopeMissing(formatScope('repo', collection, { action }))
  }

  requireBlob(mimeType: string): void {
    const accepts = (pattern: string) =>
      pattern === '*/*' ||
      (pattern.endsWith('/*') ? mimeType.startsWith(pattern.slice(0, -1)) : pattern === mimeType)
    const isAllowed =
      this.#has('transition:generic') ||
      this.#grants.some((grant) => grant.resource === 'blob' && grant.accept.some(accepts))
    if (!isAllowed) throw scopeMissing(formatScope('blob', mimeType))
  }

  /** @param method an NSID, or `*` for any */
  requireRpc(method: string, audience: string): void {
    const transition = method.startsWith('chat.bsky.') ? 'transition:chat.bsky' : 'transition:generic'
    const isAllowed =
      this.#has(transition) ||
      this.#grants.some(
        (grant) =>
          grant.resource === 'rpc' && includes(grant.audiences, audience) && includes(grant.methods, method),
      )
    if (!isAllowed) throw scopeMissing(formatScope('rpc', method, { aud: audience }))
  }

  requireAccount(attribute: 'email' | 'status', action: 'read' | 'manage'): void {
    if (!this.#allowsAccount(attribute, action)) throw scopeMissing(formatScope('account', attribute, { action }))
  }

  get mayReadEmail(): boolean {
    return this.#has('transition:email') || this.#allowsAccount('email', 'read')
  }

  #allowsAccount(attribute: string, action: string): boolean {
    const covers = (grant: Grant) =>
      grant.resource === 'account' &&
      grant.attributes.includes(attribute) &&
      (grant.actions.includes('manage') || grant.actions.includes(action))
    return this.#isFull || this.#grants.some(covers)
  }

  #has(transition: string): boolean {
    return this.#isFull || this.#transitions.has(transition)
  }
}

function readGrant(scope: string): Grant | undefined {
  const parts = isKnownScope(scope) ? parseScope(scope) : undefined
  if (!parts) return undefined
  const valuesOf = (name: string, otherwise: readonly string[]) =>
    parts.params.has(name) ? parts.params.getAll(name) : otherwise
  switch (parts.resource) {
    case 'repo':
      return {
        resource: 'repo',
        collections: readValues(parts, 'collection'),
        actions: valuesOf('action', ['create', 'update', 'delete']),
      }
    case 'blob':
      return { resource: 'blob', accept: readValues(parts, 'accept').map((each) => each.toLowerCase()) }
    case 'rpc':
      return { resource: 'rpc', methods: readValues(parts, 'lxm'), audiences: valuesOf('aud', []) }
    case 'account':
      return { resource: 'account', attributes: readValues(parts, 'attr'), actions: valuesOf('action', ['read']) }
    default:
      return undefined
  }
}

function includes(granted: readonly string[], asked: string): boolean {
  return granted.includes('*') || granted.includes(asked)
}

function scopeMissing(scope: string): XrpcRefusal {
  return new XrpcRefusal(403, 'ScopeMissingError', `Missing required scope "${scope}"`)
}
