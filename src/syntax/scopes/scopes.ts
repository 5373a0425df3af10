import type { Scope } from './scope.ts'
import {
  type AccountScopeOptions,
  type BlobScopeOptions,
  buildScope,
  type IdentityScopeOptions,
  type IncludeScopeOptions,
  type NsidText,
  type RepoScopeOptions,
  type RpcScopeOptions,
} from './build-scope.ts'
import { wrongArgument } from '../../errors/wrong-argument.ts'
import { joinScopes, parseScopes } from './scope-list.ts'
import { allowsScope } from './allows-scope.ts'
import { expandInclude } from './expand-include.ts'
import { isJsonObject } from '../shape.ts'

/** Builds, reads and compares scopes: what an app asks for, and what a session may do. */
export interface Scopes {
  /** The scope that every sign-in asks for. Alone it says who somebody is, and lets the app do nothing. */
  readonly atproto: 'atproto'
  /** All records, all blobs, all methods of all services, save chat. Not together with scopes of single resources. */
  readonly transitionGeneric: 'transition:generic'
  /** The methods of `chat.bsky`. Only beside `transitionGeneric`. */
  readonly transitionChatBsky: 'transition:chat.bsky'
  /** Reading the email address. */
  readonly transitionEmail: 'transition:email'

  /**
   * Writing records.
   *
   * @example
   * scopes.repo({ collection: 'com.example.note', action: ['create', 'delete'] })
   * @throws TypeError that names the field
   */
  repo(options: RepoScopeOptions): string

  /**
   * Calling a service in the account's name.
   *
   * @example
   * scopes.rpc({ lxm: 'com.example.getFeed', aud: 'did:web:api.example.com#example_appview' })
   * @throws TypeError that names the field
   */
  rpc(options: RpcScopeOptions): string

  /**
   * Uploading blobs.
   *
   * @example
   * scopes.blob({ accept: ['image/*', 'video/mp4'] })
   * @throws TypeError that names the field
   */
  blob(options: BlobScopeOptions): string

  /**
   * Reading or changing the email address, or importing a whole repository.
   *
   * @throws TypeError that names the field
   */
  account(options: AccountScopeOptions): string

  /**
   * Changing the handle, or the whole DID document.
   *
   * @throws TypeError that names the field
   */
  identity(options: IdentityScopeOptions): string

  /**
   * What a published permission set holds.
   *
   * @example
   * scopes.include('com.example.authBasic', { aud: 'did:web:api.example.com#example_appview' })
   * @throws TypeError that names the field
   */
  include(nsid: NsidText, options?: IncludeScopeOptions): string

  /**
   * Reads a scope, whoever wrote it: one entry a token, `unknown` and `invalid` ones among them. Longer than 65536
   * characters it is one invalid entry.
   *
   * @throws TypeError only where it is not a string
   */
  parse(scope: string): Scope[]

  /**
   * Joins scopes, each once: `atproto` first, the others in their order.
   *
   * @throws TypeError where one is not printable ASCII
   */
  format(scopes: readonly (string | Scope)[]): string

  /**
   * Whether a granted scope allows everything that is needed, in whatever words either is written. Ask the scope that a
   * session has now: a refresh can change it. An unknown scope and an `include:` are allowed by the same one only.
   *
   * @example
   * scopes.allows(client.session.scope, scopes.blob({ accept: 'image/png' }))
   */
  allows(granted: string | readonly string[], needed: string | readonly string[]): boolean

  /**
   * The scopes that servers grant for an `include:`, from the lexicon document of its permission set. What a set may
   * not hold is left out.
   *
   * @throws TypeError where the scope is not an `include:`, or the document not that of its set
   */
  expand(include: string, permissionSet: unknown): string[]
}

/**
 * Builds, reads and compares scopes.
 *
 * @example
 * const scope = [scopes.atproto, scopes.repo({ collection: 'com.example.note' }), scopes.blob({ accept: 'image/*' })]
 * @see https://atproto.com/specs/permission
 */
export const scopes: Scopes = {
  atproto: 'atproto',
  transitionGeneric: 'transition:generic',
  transitionChatBsky: 'transition:chat.bsky',
  transitionEmail: 'transition:email',
  repo: (options) => buildScope('repo', options),
  rpc: (options) => buildScope('rpc', options),
  blob: (options) => buildScope('blob', options),
  account: (options) => buildScope('account', options),
  identity: (options) => buildScope('identity', options),
  include: (nsid, options = {}) => {
    if (!isJsonObject(options)) throw wrongArgument('scopes.include', 'an object', options)
    return buildScope('include', { ...options, nsid })
  },
  parse: parseScopes,
  format: joinScopes,
  allows: allowsScope,
  expand: expandInclude,
}
