import { OAuthClient, type OAuthClientOptions } from 'atproof'
import type { ClientKind } from './messages.ts'

const SCOPE = 'atproto transition:generic'
/** Where the confidential client's document is. */
export const CLIENT_ID = 'https://app.example.com/client-metadata.json'

/** The two clients of every process: a public one, and a confidential one, over the same storage. */
export function createClients(
  options: Omit<OAuthClientOptions, 'keys'>,
  clientKey: object,
): Readonly<Record<ClientKind, OAuthClient>> {
  return {
    public: new OAuthClient({ ...options, redirectUri: 'http://127.0.0.1/callback', scope: SCOPE }),
    confidential: new OAuthClient({
      ...options,
      clientId: CLIENT_ID,
      redirectUri: 'https://app.example.com/callback',
      scope: SCOPE,
      keys: [clientKey],
    }),
  }
}
