import { wrongArgument } from '../errors/wrong-argument.ts'
import type { ClientMetadata } from '../flow/client/client-metadata.ts'
import { tellScopes, uniteScopes } from '../flow/client/client-scope.ts'
import { readGivenMetadata } from '../flow/client/given-client-metadata.ts'
import { writeClientMetadata } from '../flow/client/write-client-metadata.ts'
import type { CallEngine, Deployment } from '../session/deployment.ts'
import type { SessionRecord } from '../session/record.ts'
import type { BrowserClientOptions } from './oauth-client.ts'
import { openEngine } from './open-engine.ts'
import type { Tab } from './tab.ts'

/**
 * What signs accounts in and out on a page: a public client, over the sessions that the page calls with.
 *
 * @throws TypeError for options that cannot work, naming the field
 */
export function openDeployment(
  calls: CallEngine<SessionRecord>,
  options: BrowserClientOptions,
  tab: Tab,
): Deployment {
  const scopes = tellScopes(options, options.clientMetadata?.scope)
  const metadata = metadataOf(options, uniteScopes(scopes))
  const engine = openEngine(calls, options, { tab, clientId: metadata.client_id })
  return { ...engine, ...scopes, metadata, seal: undefined }
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
