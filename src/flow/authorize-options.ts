import { wrongArgument } from '../errors/wrong-argument.ts'
import { formatScope } from '../syntax/scopes/format-scope.ts'
import {
  assertOptions,
  BOOLEAN,
  FUNCTION,
  type OptionRule,
  SIGNAL,
  TEXT,
  TEXT_OR_TEXTS,
} from './assert-options.ts'
import { type AuthorizeOptions, wishedRedirectUri, wishedScopes } from './authorize.ts'
import { ownsRedirectUri } from './client/owns-redirect-uri.ts'
import { MAX_SEALED_STATE_BYTES } from './limits.ts'
import { readPageOptions } from './page-options.ts'
import type { ClientMetadata } from './client/client-metadata.ts'
import type { Setup } from './setup.ts'

/** A client whose metadata is known as a whole. */
export interface DeclaredClient extends Pick<Setup, 'scope' | 'fallbackScope' | 'seal'> {
  readonly metadata: ClientMetadata
}

/** What each option must be, for those who write plain JavaScript. */
const OPTIONS: { readonly [Name in keyof AuthorizeOptions]-?: OptionRule } = {
  state: TEXT,
  prompt: TEXT_OR_TEXTS,
  locale: TEXT_OR_TEXTS,
  display: TEXT,
  responseMode: TEXT,
  scope: TEXT_OR_TEXTS,
  fallbackScope: TEXT_OR_TEXTS,
  redirectUri: TEXT,
  fresh: BOOLEAN,
  onProgress: FUNCTION,
  signal: SIGNAL,
}

/**
 * Looks closely at what an app asks of a sign-in, before anything is sent: the kinds of the options, the grammar of the
 * scopes, and that the client declares what is asked for. A server would refuse most of it, in fewer words.
 *
 * @returns the same wishes, in one form each
 * @throws TypeError that names the option
 */
export function readAuthorizeOptions(client: DeclaredClient, options: AuthorizeOptions): AuthorizeOptions {
  assertOptions('options', options, OPTIONS)
  if (client.seal) assertState(options)
  const { metadata } = client
  const redirectUri = wishedRedirectUri(client, options)
  if (!ownsRedirectUri(metadata, redirectUri)) {
    throw wrongArgument('redirectUri', `one of ${metadata.redirect_uris.join(', ')}`, redirectUri)
  }
  const { scope, fallbackScope } = wishedScopes(client, options)
  const declared = metadata.scope.split(' ')
  assertDeclared('scope', scope, declared)
  if (fallbackScope !== undefined) assertDeclared('fallbackScope', fallbackScope, declared)
  return { ...options, ...readPageOptions(options), redirectUri, scope, fallbackScope }
}

/** Before anything is asked for: a context that no cookie can hold would be found out only after the server was asked. */
function assertState({ state = '' }: AuthorizeOptions): void {
  const bytes = new TextEncoder().encode(JSON.stringify(state)).length
  if (bytes <= MAX_SEALED_STATE_BYTES) return
  throw wrongArgument(
    'state',
    `at most ${MAX_SEALED_STATE_BYTES} bytes as JSON, as the sealed context carries it`,
    `${bytes}`,
  )
}

/** Servers compare each scope of a request with the client's metadata, letter for letter. */
function assertDeclared(field: string, scope: string, declared: readonly string[]): void {
  const foreign = formatScope(scope, field)
    .split(' ')
    .find((token) => !declared.includes(token))
  if (foreign === undefined) return
  throw wrongArgument(field, `scopes of the client's own "${declared.join(' ')}"`, foreign)
}
