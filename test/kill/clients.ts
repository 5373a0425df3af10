import {
  type Fetch,
  OAuthClient,
  type OAuthClientOptions,
  type RevokePasswordOptions,
  type XrpcClient,
} from 'atproof'
import type { ClientKind } from './messages.ts'
import { type Approve, oauthApp } from './oauth-app.ts'
import { passwordApp } from './password-app.ts'

const SCOPE = 'atproto transition:generic'
/** Where the confidential client's document is. */
export const CLIENT_ID = 'https://app.example.com/client-metadata.json'

/** What an app does with the sessions of one client. */
export interface App {
  /** Signs an account in, or goes on with its session. */
  signIn(did: string): Promise<XrpcClient>
  restore(sessionId: string): Promise<XrpcClient | undefined>
  signOut(sessionId: string): Promise<{ readonly accepted: boolean; readonly reason?: string }>
  /** Looks at all sessions that there are. @returns how many */
  count(): Promise<number>
}

type Outside = Omit<OAuthClientOptions, 'keys'>

/** The public and the confidential client of every process. */
export function createClients(
  options: Outside,
  clientKey: object,
): Readonly<Record<'public' | 'confidential', OAuthClient>> {
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

/** What a process has: those two, and what has passwords, over the same storage. */
export function createApps(
  options: RevokePasswordOptions & { readonly fetch: Fetch },
  {
    clientKey,
    passwords,
    approve,
  }: {
    readonly clientKey: object
    readonly passwords: Readonly<Record<string, string>>
    readonly approve: Approve
  },
): Readonly<Record<ClientKind, App>> {
  const clients = createClients(options, clientKey)
  return {
    public: oauthApp(clients.public, approve),
    confidential: oauthApp(clients.confidential, approve),
    password: passwordApp(options, passwords),
  }
}
