import { wrongArgument } from '../errors/wrong-argument.ts'
import type { AuthorizeOptions } from '../flow/authorize.ts'
import type { CallbackResult, OAuthClient } from '../oauth-client.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import { CallbackReceiver, LOOPBACK_URI } from './callback-receiver.ts'

/**
 * Options of {@link loginLoopback}: those of `authorize`, save where and how the page returns, which is here and in the
 * query, since a fragment never leaves the browser.
 */
export interface LoginLoopbackOptions extends Omit<AuthorizeOptions, 'redirectUri' | 'responseMode'> {
  /**
   * Shows the person the consent page: opens it in the browser of the system, or prints the URL. Never a web view inside
   * the program, which could read the password (RFC 8252 §8.12). The URL comes from a server: hand it to another program
   * as an argument, not through a shell.
   */
  readonly open: (url: string) => unknown
  /** Ends the waiting. Whoever is signed in by then stays so. */
  readonly signal?: AbortSignal
}

/**
 * Signs a person in from a command line: listens on this machine for the consent page to return, shows a page that says
 * how it went, and ends once that was shown. Nothing keeps the process alive then.
 *
 * The first redirect URI of the client that is on `http://127.0.0.1` or `http://[::1]` is listened at; without a port in
 * it, a free one is taken.
 *
 * @param identifier as `authorize` takes it: a client too, whose session is signed in again
 * @throws AuthorizationError `sign_in_expired` after an hour, `access_denied`, and whatever else `authorize` and
 *   `callback` throw
 * @throws TypeError where the client has no such redirect URI
 * @see RFC 8252 §7.3, §8.3
 */
export async function loginLoopback(
  oauth: OAuthClient,
  identifier: string | XrpcClient,
  options: LoginLoopbackOptions,
): Promise<CallbackResult> {
  if (typeof options?.open !== 'function') {
    throw wrongArgument('open', 'a function that shows the person a URL', options?.open)
  }
  const { open, ...wishes } = options
  const { signal } = wishes
  const { redirect_uris: redirectUris } = oauth.clientMetadata
  const registered = redirectUris.find((uri) => LOOPBACK_URI.test(uri))
  if (registered === undefined) throw wrongArgument('redirectUri', 'a loopback one', redirectUris.join(', '))
  signal?.throwIfAborted()
  const receiver = await CallbackReceiver.listen(registered)
  try {
    const { redirectUri } = receiver
    const { url, context } = await oauth.authorize(identifier, {
      ...wishes,
      redirectUri,
      responseMode: undefined,
    })
    const returned = receiver.receive(
      (response) => oauth.callback(response, { context, ...(signal && { signal }) }),
      signal,
    )
    // A browser may return before the program that opened it does; one that cannot be opened never returns.
    Promise.resolve(url)
      .then(open)
      .catch((reason: unknown) => receiver.end(reason))
    return await returned
  } finally {
    receiver.close()
  }
}
