import { wrongArgument } from '../errors/wrong-argument.ts'
import type { AuthorizeOptions } from '../flow/authorize.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { leadToLoopback } from './lead-to-loopback.ts'
import { loadPart } from './load-part.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'
import type { OpenedWindow, Page } from './page.ts'
import { untilGone } from './until-gone.ts'
import type { Resumed } from './resumed.ts'

/** Options of `signIn`: those of `authorize`, and where the consent page is shown. */
export interface SignInOptions extends AuthorizeOptions {
  /**
   * Where the consent page is shown: in this tab, or in a window of its own. A window that the browser blocks falls back to
   * this tab.
   *
   * @default 'redirect'
   */
  readonly mode?: 'redirect' | 'popup' | undefined
  /** Where the page returns to. @default the first redirect URI of the client that is on this page's own origin */
  readonly redirectUri?: string | undefined
  /**
   * Ends the waiting, and the sign-in with it as far as it has not ended. Some browsers leave a window open that shows the
   * consent page: whoever decides in it signs nobody in.
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * Signs an account in: shows its consent page, which then returns to the redirect URI, where the app calls `resume`.
 *
 * In this tab it never resolves, since the page is left. In a window it resolves once that one has come to the end of the
 * sign-in; call it in the handler of a click, before anything is awaited, or browsers block the window. Whoever signed in
 * is the account in use from then on. With a client, its session is signed in again.
 *
 * On `http://localhost` it first leads to the loopback address of the redirect URI, and never resolves.
 *
 * @param identifier as `authorize` takes it: a handle, a DID, the URL of a server, or a client
 * @example
 * button.onclick = () => signIn(oauth, input.value, { mode: 'popup' }).then(({ client }) => show(client), explain)
 * @throws AuthorizationError `popup_closed` where the window was closed, `sign_in_left` where the person went back from the
 *   consent page, `access_denied` and the other codes of a sign-in, `sign_in_expired` after an hour
 * @throws StorageError `write_failed` where the browser keeps nothing for the page
 * @throws IdentityError, DiscoveryError, NetworkError
 * @throws TypeError for options that cannot work, and where no redirect URI is on this page's origin. On a page under
 *   development (on a loopback address, or without a `clientId`) before anything is sent; elsewhere what is not seen at
 *   once is said when a server has refused it, with its refusal as the `cause`
 */
export async function signIn(
  oauth: OAuthClient,
  identifier: string | XrpcClient,
  options: SignInOptions = {},
): Promise<Resumed> {
  const { mode = 'redirect', ...wishes } = options
  if (mode !== 'redirect' && mode !== 'popup') throw wrongArgument('mode', 'redirect or popup', mode)
  wishes.signal?.throwIfAborted()
  const tab = tabOf(oauth)
  if (leadToLoopback(tab)) return untilGone()
  // Before anything is awaited, while the browser sees that a person asked for it.
  const popup = mode === 'popup' ? openPopup(tab.page) : undefined
  let begun
  try {
    const { beginSignIn } = await loadPart(import('./door.ts'))
    begun = await beginSignIn(oauth, tab, identifier, wishes, popup)
  } catch (error) {
    // There is nothing to show in it.
    popup?.close()
    throw error
  }
  return begun.ending
}

/** Undefined where the browser blocks it: some say so, and some give a window that is closed. */
function openPopup(page: Page): OpenedWindow | undefined {
  const popup = page.open('', '_blank', 'popup,width=480,height=720')
  return popup && !popup.closed ? popup : undefined
}
