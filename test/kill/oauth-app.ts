import type { OAuthClient } from 'atproof'
import type { App } from './clients.ts'

/** The person consents. Gives the callback. */
export type Approve = (url: string, did: string) => Promise<string>

/** What an app does with sessions that begin with OAuth. */
export function oauthApp(oauth: OAuthClient, approve: Approve): App {
  return {
    async signIn(did) {
      const { url, context } = await oauth.authorize(did)
      const { client } = await oauth.callback(await approve(url, did), { context })
      return client
    },
    restore: (sessionId) => oauth.restore(sessionId),
    signOut: (sessionId) => oauth.revoke(sessionId),
    async count() {
      let count = 0
      for await (const info of oauth.sessions()) count += info.sessionId ? 1 : 0
      return count
    },
  }
}
