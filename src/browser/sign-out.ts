import type { Revocation } from '../flow/request-revocation.ts'
import { didOf } from '../session/record.ts'
import { NOBODY, readCurrent } from './current-account.ts'
import { keepCurrent } from './keep-current.ts'
import { loadPart } from './load-part.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'

/**
 * Signs an account out of this browser: the session, and older ones of the same account that nobody sees. The other tabs
 * hear of it. Where it was the account in use, nobody is from then on: `resume` gives undefined until `switchTo` or a
 * sign-in, so that nobody acts as another account unawares.
 *
 * @returns whether the server took the sign-out of this session; here it is signed out in any case
 * @throws StorageError: it is not signed out, or that is not known. Sign it out again: that is safe
 * @throws NetworkError `unreachable` where what signs out could not be loaded: nothing has happened
 * @throws TypeError for what is no id of a session
 */
export async function signOut(oauth: OAuthClient, sessionId: string): Promise<Revocation> {
  const did = didOf(sessionId)
  const tab = tabOf(oauth)
  const others: string[] = []
  // Loaded before anything is signed out.
  await loadPart(import('./sign-out-parts.ts'))
  for await (const session of oauth.sessions()) {
    if (session.did === did && session.sessionId !== sessionId) others.push(session.sessionId)
  }
  const outcomes = await Promise.allSettled([sessionId, ...others].map((id) => oauth.revoke(id)))
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  const current = readCurrent(tab)
  if (current && didOf(current) === did) keepCurrent(tab, NOBODY)
  const [own] = outcomes
  return own?.status === 'fulfilled' ? own.value : { accepted: false }
}
