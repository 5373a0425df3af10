import { AuthorizationError } from '../errors/authorization-error.ts'
import { StorageError } from '../errors/storage-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import type { AuthorizeOptions } from '../flow/authorize.ts'
import { isLoopbackHost } from '../http/address.ts'
import { untilAborted } from '../http/deadline.ts'
import { parseUrl } from '../syntax/parse-url.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { dropText } from './keep-text.ts'
import type { OAuthClient } from './oauth-client.ts'
import { listen } from './listen.ts'
import type { OpenedWindow, Page } from './page.ts'
import { dropOldSignIns, keepSignIn } from './pending-sign-in.ts'
import { receiveSignIn } from './receive-sign-in.ts'
import type { Resumed } from './resumed.ts'
import { signInName } from './sign-in-name.ts'
import type { Tab } from './tab.ts'

/** A sign-in whose consent page is shown. */
export interface BegunSignIn {
  /** In an object: a promise would be waited for by whoever waits for the beginning. */
  readonly ending: Promise<Resumed>
}

/** Pushes the request, keeps what the callback will need, and shows the consent page in the window or in this tab. */
export async function beginSignIn(
  oauth: OAuthClient,
  tab: Tab,
  identifier: string | XrpcClient,
  options: AuthorizeOptions,
  opened: OpenedWindow | undefined,
): Promise<BegunSignIn> {
  const { signal, state } = options
  const redirectUri = redirectUriOf(tab, options)
  const display = options.display ?? (opened && 'popup')
  const request = await oauth.authorize(identifier, { ...options, redirectUri, display })
  // The page in it is our own so far: it is closed where it says so.
  if (opened?.closed) throw new AuthorizationError('popup_closed', { state })
  // Whoever gave up after the request was pushed stays here.
  signal?.throwIfAborted()
  dropOldSignIns(tab)
  const name = signInName(request.stateHash)
  const pending = { at: tab.clock.now(), context: request.context, isPopup: opened !== undefined }
  const place = keepSignIn(tab, name, pending)
  if (place === undefined) throw keepsNothing()
  if (opened && place === 'localStorage') {
    // While the page in it is our own: a consent page is chosen by what was typed, and may lead no page of ours elsewhere.
    opened.opener = null
    opened.location.replace(request.url)
    return { ending: receiveSignIn(oauth, tab, { name, popup: opened, state, signal }) }
  }
  // What only this tab keeps, no window can read: the consent page is shown here.
  if (opened) keepSignIn(tab, name, { ...pending, isPopup: false })
  opened?.close()
  return { ending: leave(tab.page, request.url, { signal, onAbort: () => dropText(tab, name), state }) }
}

/** Leaves for the consent page. Whoever is still here afterwards came back by the browser's own way. */
async function leave(
  page: Page,
  url: string,
  options: Pick<AuthorizeOptions, 'signal' | 'state'> & { readonly onAbort: () => void },
): Promise<never> {
  const { signal, state, onAbort } = options
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = listen(page, 'pageshow', (event) => {
    if ('persisted' in event && event.persisted) reject(new AuthorizationError('sign_in_left', { state }))
  })
  signal?.addEventListener('abort', onAbort, { once: true })
  page.location.assign(url)
  return (signal ? untilAborted(signal, promise) : promise).finally(() => {
    stop()
    signal?.removeEventListener('abort', onAbort)
  })
}

/** What the browser keeps is kept for an origin: a page of another one could not finish the sign-in. */
function redirectUriOf({ page, redirectUris }: Tab, { redirectUri }: AuthorizeOptions): string {
  const { origin, port } = new URL(page.location.href)
  const candidates = redirectUri === undefined ? redirectUris : [redirectUri]
  for (const candidate of candidates) {
    const url = parseUrl(candidate)
    // RFC 8252 §7.3: of a loopback address any port will do; without one it is the page's.
    if (url?.protocol === 'http:' && redirectUri === undefined && isLoopbackHost(url.hostname)) url.port ||= port
    if (url?.origin === origin) return url.port === parseUrl(candidate)?.port ? candidate : url.href
  }
  throw wrongArgument('redirectUri', `one on ${origin}, where this page is`, candidates.join(', '))
}

function keepsNothing(): StorageError {
  return new StorageError('write_failed', {
    field: 'localStorage',
    expected: 'room for the sign-in',
    action: 'let the browser keep data of this site',
    retryable: false,
  })
}
