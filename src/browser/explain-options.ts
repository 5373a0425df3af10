import { wrongArgument } from '../errors/wrong-argument.ts'
import { assertOptions, OBJECT } from '../flow/assert-options.ts'
import { type DeclaredClient, readAuthorizeOptions } from '../flow/authorize-options.ts'
import type { AuthorizeOptions } from '../flow/authorize.ts'
import type { ClientMetadata } from '../flow/client/client-metadata.ts'
import { tellScopes, uniteScopes } from '../flow/client/client-scope.ts'
import { readGivenMetadata } from '../flow/client/given-client-metadata.ts'
import { writeClientMetadata } from '../flow/client/write-client-metadata.ts'
import { CLIENT_RULES } from '../oauth-client-options.ts'
import type { BrowserClientOptions } from './oauth-client.ts'
import type { PageClient } from './usual-options.ts'

export { readAuthorizeOptions } from '../flow/authorize-options.ts'
// As in each part of a page: see load-part.ts.
export { resume } from './resume.ts'

/** What only a server can have. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'keys',
  'signAssertion',
  'jwks',
  'jwksUri',
  'sealKeys',
  'waitUntil',
])
const RULES = {
  ...Object.fromEntries(Object.entries(CLIENT_RULES).filter(([name]) => !ELSEWHERE.has(name))),
  page: OBJECT,
}

/**
 * Looks closely at the options of a page's client, as the `OAuthClient` of `atproof` does at once: a part of its own,
 * loaded where the page is being developed, where an option is an unusual one, and where a server has refused what the
 * options say.
 *
 * @throws TypeError that names the option
 */
export function readClient(options: BrowserClientOptions): PageClient & DeclaredClient {
  assertOptions('options', options, RULES)
  const scopes = tellScopes(options, options.clientMetadata?.scope)
  return { ...scopes, metadata: metadataOf(options, uniteScopes(scopes)), seal: undefined }
}

/**
 * What is wrong with the options whose sign-in a server refused: its refusal is the cause. Undefined where it is not the
 * options.
 */
export function findMistake(
  options: BrowserClientOptions,
  wishes: AuthorizeOptions,
  refusal: Error,
): TypeError | undefined {
  try {
    readAuthorizeOptions(readClient(options), wishes)
  } catch (mistake) {
    if (mistake instanceof TypeError) return new TypeError(mistake.message, { cause: refusal })
    // Anything else is a mistake of ours: the refusal is told.
  }
  return undefined
}

function metadataOf(options: BrowserClientOptions, scope: string): ClientMetadata {
  const { clientMetadata } = options
  if (!clientMetadata) {
    return writeClientMetadata({ ...options, scope, redirectUris: redirectUrisOf(options) }, undefined)
  }
  const metadata = readGivenMetadata(clientMetadata)
  const { token_endpoint_auth_method: method } = metadata
  if (method === 'none') return metadata
  throw wrongArgument('clientMetadata.token_endpoint_auth_method', 'none: a page keeps no client key', method)
}

function redirectUrisOf({ redirectUri, redirectUris }: BrowserClientOptions): readonly string[] {
  const uris = redirectUris ?? (redirectUri === undefined ? [] : [redirectUri])
  if (uris.length > 0) return uris
  throw wrongArgument('redirectUri', 'where the consent page returns to', redirectUri)
}
