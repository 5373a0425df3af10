import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { finished } from 'node:stream/promises'
import { AuthorizationError } from '../errors/authorization-error.ts'
import { SIGN_IN_LIFETIME_MS } from '../flow/limits.ts'
import { SECOND, systemClock } from '../http/clock.ts'
import { untilAborted } from '../http/deadline.ts'
import type { CallbackResult } from '../oauth-client.ts'
import { sendPage, sendText } from './send-answer.ts'
import { failedPage, refusedPage, type SignInPage, signedInPage, waitingPage } from './sign-in-page.ts'

/** A redirect URI on this machine, as a client names it: the address, the port if there is one, and the rest. */
export const LOOPBACK_URI: RegExp = /^(http:\/\/(127\.0\.0\.1|\[::1\]))(?::(\d+))?(?=[/?]|$)/

/** How long a browser may take to ask for its page, once it is known how the sign-in went. */
const SHOWN_WITHIN_MS = 2 * SECOND

/**
 * Listens at a loopback redirect URI until the browser is back and was shown how the sign-in went.
 *
 * The response is answered with a redirect to the same path without its parameters, and the page stands there. So the
 * code and the state are in no address bar and no tab's history, and it takes no script.
 */
export class CallbackReceiver {
  /** The redirect URI, with the port that is listened on. */
  readonly redirectUri: string
  readonly #url: URL
  readonly #server: Server
  readonly #outcome = Promise.withResolvers<CallbackResult>()
  readonly #shown = Promise.withResolvers<void>()
  /** Responses that are being looked at, by their state. */
  readonly #arrivals = new Map<string, Arrival>()
  /** The response to this sign-in, once it is known how that went. */
  #ours: Arrival | undefined
  #finish: ((response: URL) => Promise<CallbackResult>) | undefined
  #page: SignInPage = waitingPage()

  private constructor(redirectUri: string, server: Server) {
    this.redirectUri = redirectUri
    this.#url = new URL(redirectUri)
    this.#server = server
    this.#outcome.promise.catch(() => {}) // whoever waits meets the failure
    server.on('error', (error) => this.end(error))
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  /** Takes the port that the URI names, or a free one (RFC 8252 §7.3), at the one address that it names. */
  static async listen(uri: string): Promise<CallbackReceiver> {
    const [, , host = '', port] = LOOPBACK_URI.exec(uri) ?? []
    const server = createServer().listen(Number(port ?? 0), host.replace(/[[\]]/g, ''))
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('the loopback server has no port')
    return new CallbackReceiver(uri.replace(LOOPBACK_URI, `$1:${address.port}`), server)
  }

  /**
   * Waits for the response to this sign-in, and until the browser was shown how it went.
   *
   * @throws AuthorizationError `sign_in_expired` after an hour; whatever `finish` throws; the signal's reason
   */
  async receive(
    finish: (response: URL) => Promise<CallbackResult>,
    signal: AbortSignal | undefined,
  ): Promise<CallbackResult> {
    this.#finish = finish
    const late = setTimeout(() => this.end(new AuthorizationError('sign_in_expired')), SIGN_IN_LIFETIME_MS)
    const { promise } = this.#outcome
    try {
      return await (signal ? untilAborted(signal, promise) : promise)
    } finally {
      clearTimeout(late)
      await this.#untilShown(signal)
    }
  }

  /** Ends the waiting, unless somebody is back already: then it counts how that goes. */
  end(reason: unknown): void {
    const settled = [...this.#arrivals.values()].map((arrival) => arrival.settled)
    void Promise.all(settled).then(() => this.#outcome.reject(reason))
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  async #untilShown(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#ours || this.#ours.unseen <= 0) return
    const limit = systemClock.sleep(SHOWN_WITHIN_MS, signal, { background: true })
    // An abort ends the showing, and takes nothing back.
    await Promise.race([this.#shown.promise, limit]).catch(() => {})
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, headers, url: target = '/' } = request
    const [path = ''] = target.split('?', 1)
    // A name that was made to lead to this machine does not speak for it (DNS rebinding).
    if (headers.host !== this.#url.host) return sendText(response, 421, 'This is not the host that was asked for.')
    if (path !== this.#url.pathname) return sendText(response, 404, 'Not found.')
    // A browser comes back with GET; other methods are those of scanners and of forms on foreign pages.
    if (method !== 'GET') return sendText(response, 405, 'Only GET is understood here.', { allow: 'GET' })
    const clean = path + this.#url.search
    if (target !== clean) {
      await this.#take(new URL(target.slice(path.length), this.#url))
      return sendText(response, 303, 'See the page without parameters.', { location: clean })
    }
    sendPage(response, this.#page)
    const isShown = await finished(response).then(
      () => true,
      () => false,
    )
    if (isShown && this.#ours && --this.#ours.unseen === 0) this.#shown.resolve()
  }

  /** Finishes the sign-in with a response. A browser may ask twice; the response is good for once. */
  async #take(returned: URL): Promise<void> {
    const state = returned.searchParams.get('state')
    if (state === null || !this.#finish) return
    const known = this.#arrivals.get(state)
    if (known) {
      known.unseen++
      return known.settled
    }
    const arrival: Arrival = { unseen: 1, settled: Promise.resolve() }
    this.#arrivals.set(state, arrival)
    arrival.settled = this.#settle(state, arrival, this.#finish(returned))
    return arrival.settled
  }

  async #settle(state: string, arrival: Arrival, result: Promise<CallbackResult>): Promise<void> {
    try {
      const { client } = await result
      this.#page = signedInPage(client.session.handle ?? client.did)
      this.#ours = arrival
      this.#outcome.resolve(result)
    } catch (error) {
      if (isForeign(error)) return void this.#arrivals.delete(state)
      this.#page = isRefusal(error) ? refusedPage() : failedPage()
      this.#ours = arrival
      this.#outcome.reject(error)
    }
  }
}

/** A response that came back. */
interface Arrival {
  /** How often it came, and was not shown the page yet. */
  unseen: number
  /** Ends when it is known how it went. Never rejects. */
  settled: Promise<void>
}

/** What a response that belongs to no sign-in, or to another, fails with. */
const FOREIGN: ReadonlySet<string> = new Set([
  'callback_malformed',
  'context_mismatch',
  'parameter_repeated',
  'state_missing',
  'state_spent',
  'state_unknown',
])

/** Not the response that is waited for: anybody on this machine, and any page in its browser, can call a loopback port. */
function isForeign(error: unknown): boolean {
  return error instanceof AuthorizationError && FOREIGN.has(error.code)
}

function isRefusal(error: unknown): boolean {
  return error instanceof AuthorizationError && error.code === 'access_denied'
}
