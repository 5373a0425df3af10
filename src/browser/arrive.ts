import { hashText } from '../syntax/base64url.ts'
import { findResponse } from './address-response.ts'
import { resumeCurrent } from './current-account.ts'
import { finishRedirect } from './finish-redirect.ts'
import { isOurs } from './is-ours.ts'
import { leadToLoopback } from './lead-to-loopback.ts'
import type { OAuthClient } from './oauth-client.ts'
import type { Resumed } from './resumed.ts'
import { signInName } from './sign-in-name.ts'
import type { Tab } from './tab.ts'
import { untilGone } from './until-gone.ts'

/**
 * Looks closely at an address that may hold a response of a consent page: finishes the sign-in where it is one for this
 * client, and brings the account in use back where it is not.
 *
 * @param href where the page was when it began to resume: the app may have gone on since
 */
export async function arrive(oauth: OAuthClient, tab: Tab, href: string): Promise<Resumed | undefined> {
  if (leadToLoopback(tab)) return untilGone()
  const { location, history } = tab.page
  const response = findResponse(href)
  const name = response && signInName(await hashText(response.state))
  if (!name || !isOurs(tab, href, response, name)) return resumeCurrent(oauth, tab)
  // Before anything of the sign-in is sent: no request may carry the code in its referrer, and no reload use it twice. What
  // the app has added to the address meanwhile, or another one that it has set, stays.
  const found = location.href
  const left = findResponse(found)
  let cleaned: string | undefined
  if (left?.state === response.state) {
    history.replaceState(history.state, '', left.rest)
    cleaned = location.href
  }
  // Nothing was spent: a reload tries again.
  const putBack = (): void => {
    if (location.href === cleaned) history.replaceState(history.state, '', found)
  }
  return finishRedirect(oauth, tab, { name, params: response.params, putBack })
}
