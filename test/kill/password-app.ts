import {
  type Fetch,
  revokePasswordSession,
  type RevokePasswordOptions,
  signInWithPassword,
  type SignInWithPasswordOptions,
} from 'atproof'
import type { App } from './clients.ts'
import { CREATE } from './token-paths.ts'

/** What an app does with sessions that begin with a password. */
export function passwordApp(
  options: RevokePasswordOptions & { readonly fetch: Fetch },
  passwords: Readonly<Record<string, string>>,
): App {
  const signIn = (did: string, change: SignInWithPasswordOptions = {}) =>
    signInWithPassword(did, passwords[did] ?? '', { ...options, ...change })
  const withoutPasswords: Fetch = (url, init) => {
    if (new URL(url).pathname === CREATE) throw new Error('a password was sent')
    return options.fetch(url, init)
  }
  return {
    signIn,
    async restore(sessionId) {
      // Where it has ended, the session is to be seen to be lost, and not begun anew.
      const client = await signIn(sessionId.slice(0, sessionId.lastIndexOf('/')), { fetch: withoutPasswords })
      return client.session.sessionId === sessionId ? client : undefined
    },
    signOut: (sessionId) => revokePasswordSession(sessionId, options),
    count: async () => 0,
  }
}
