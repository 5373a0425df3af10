import { untilAborted } from '../http/deadline.ts'
import { resumeCurrent } from './current-account.ts'
import { loadPart } from './load-part.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'
import type { Resumed } from './resumed.ts'
import type { Tab } from './tab.ts'

/** Options of `resume`. */
export interface ResumeOptions {
  /** Ends the waiting, and nothing else: a sign-in that is about to end does so all the same. */
  readonly signal?: AbortSignal | undefined
}

/**
 * What each page of an app does first: where the consent page has just returned to it, finishes the sign-in and takes the
 * response out of the address bar, but leaves one there that is for another client; else brings back the account that was
 * last in use in this browser, without any request. Undefined where there is none, and after the account in use was signed
 * out, until `switchTo` or a sign-in.
 *
 * A session that has ended comes back too, and says why in `client.session`. In a window that `signIn` opened it hands over
 * to the page that did, and closes it. On `http://localhost` it leads to the loopback address of the redirect URI.
 *
 * @example
 * const { client, state } = (await resume(oauth)) ?? {}
 * @throws AuthorizationError for a sign-in that did not come to its end: `access_denied` where the person refused, with the
 *   `state` that the app gave, as with most codes; `sign_in_expired`, and `state_unknown` for a response that this browser
 *   is not waiting for, where nobody is signed in, without it, as it is not known any more
 * @throws StorageError `read_failed`
 * @throws NetworkError. Where it is `retryable`, as a StorageError may be, and the code was not spent, the response is in
 *   the address bar for a reload, unless the app has set another address meanwhile
 */
export async function resume(oauth: OAuthClient, { signal }: ResumeOptions = {}): Promise<Resumed | undefined> {
  signal?.throwIfAborted()
  const tab = tabOf(oauth)
  const resuming = (tab.resuming ??= begin(oauth, tab).finally(() => (tab.resuming = undefined)))
  return signal ? untilAborted(signal, resuming) : resuming
}

async function begin(oauth: OAuthClient, tab: Tab): Promise<Resumed | undefined> {
  const { href } = tab.page.location
  // A part that can look closer is loaded only for what may be a response, and for where no response can come to.
  if ((STATE.test(href) && ANSWER.test(href)) || href.startsWith('http://localhost')) {
    const { arrive } = await loadPart(import('./door.ts'))
    return arrive(oauth, tab, href)
  }
  return resumeCurrent(oauth, tab)
}

/** What a response has, in the query or in the fragment. */
const STATE = /[?#&]state=/
/** An app may have a state of its own in its address: a response has one of these too. */
const ANSWER = /[?#&](code|error|iss)=/
