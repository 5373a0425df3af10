import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { AuthorizationError, wrongArgument } from '../errors.ts'
import { SIGN_IN_LIFETIME_MS } from '../flow/sign-in.ts'
import type { CallbackResult, OAuthClient } from '../oauth-client.ts'

/** Options of {@link loginLoopback}. */
export interface LoginLoopbackOptions {
  /** Shows the person the consent page: opens a browser, or prints the URL. */
  readonly open: (url: string) => unknown
  /** The app's own text, handed back in the result. */
  readonly state?: string
  /** Ends the waiting. */
  readonly signal?: AbortSignal
}

/**
 * Signs a person in from a command line: listens on this machine for the consent page to return, and ends when it has.
 * The client's first redirect URI must be on `http://127.0.0.1` or `http://[::1]`; without a port in it, a free one is
 * taken (RFC 8252 §7.3).
 *
 * @throws AuthorizationError `sign_in_expired` after an hour, and whatever else `authorize` and `callback` throw
 * @throws TypeError where the client has no such redirect URI
 * @see RFC 8252 §7.3
 */
export async function loginLoopback(
  oauth: OAuthClient,
  identifier: string,
  options: LoginLoopbackOptions,
): Promise<CallbackResult> {
  if (typeof options?.open !== 'function') {
    throw wrongArgument('open', 'a function that shows the person a URL', options?.open)
  }
  const { signal, state } = options
  const [registered = ''] = oauth.clientMetadata.redirect_uris
  const redirect = URL.canParse(registered) ? new URL(registered) : undefined
  if (redirect?.protocol !== 'http:') throw wrongArgument('redirectUri', 'a loopback one', registered)
  signal?.throwIfAborted()
  const server = createServer()
  try {
    redirect.port = String(await listen(server, redirect, signal))
    const { url, context } = await oauth.authorize(identifier, {
      redirectUri: redirect.href,
      ...(state !== undefined && { state }),
      ...(signal && { signal }),
    })
    const returned = waitForReturn(server, redirect, signal, (response) =>
      oauth.callback(response, { context, ...(signal && { signal }) }),
    )
    // A browser may return before the program that opened it does; one that cannot be opened never returns.
    const opened = Promise.resolve(url).then(options.open)
    return await Promise.race([returned, opened.then(() => returned)])
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

async function listen(server: Server, { port, hostname }: URL, signal: AbortSignal | undefined): Promise<number> {
  server.listen(Number(port), hostname.replace(/^\[|\]$/g, ''))
  await once(server, 'listening', signal ? { signal } : {})
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the loopback server has no port')
  return address.port
}

/** Waits until the page returns with a response to this sign-in. Whatever else calls here is turned away. */
function waitForReturn(
  server: Server,
  redirect: URL,
  signal: AbortSignal | undefined,
  finish: (response: URL) => Promise<CallbackResult>,
): Promise<CallbackResult> {
  const { promise, resolve, reject } = Promise.withResolvers<CallbackResult>()
  const finishing = new Map<string, Promise<CallbackResult>>()
  const late = setTimeout(() => reject(new AuthorizationError('sign_in_expired')), SIGN_IN_LIFETIME_MS)
  // The server holds the process while it listens; nothing does once the waiting is over.
  late.unref()
  promise.finally(() => clearTimeout(late)).catch(() => {}) // whoever waits meets the failure
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  server.on('error', reject)
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', redirect)
    const state = url.searchParams.get('state')
    if (url.pathname !== redirect.pathname || state === null) return answer(response, 404, 'Not found.')
    // A browser may ask twice; the callback is good for once.
    const finished = finishing.get(state) ?? finish(url)
    finishing.set(state, finished)
    finished.then(
      (result) => {
        answer(response, 200, 'You are signed in. You can close this page.')
        resolve(result)
      },
      (error: unknown) => {
        answer(response, 400, 'The sign-in did not succeed. You can close this page.')
        if (isForeign(error)) finishing.delete(state)
        else reject(error)
      },
    )
  })
  return promise
}

/** What a response that matches no sign-in fails with. */
const FOREIGN: ReadonlySet<string> = new Set([
  'callback_malformed',
  'context_mismatch',
  'parameter_repeated',
  'state_missing',
  'state_unknown',
])

/** Not the response that is waited for: anybody on this machine can call a loopback port. */
function isForeign(error: unknown): boolean {
  return error instanceof AuthorizationError && FOREIGN.has(error.code)
}

function answer(response: ServerResponse, status: number, text: string): void {
  // Nothing of the response's own URL stays in the page, and `close` lets the server end at once.
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(text)
}
