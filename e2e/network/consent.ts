import { once } from 'node:events'
import { type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Decision {
  /** A handle, an email address or a DID. */
  readonly username: string
  readonly password: string
  readonly decision: 'accept' | 'reject'
  /** What of the requested scope the user leaves granted, separated by spaces. @default all of it */
  readonly scope?: string
}

/**
 * Acts as the authorization page of `@atproto/oauth-provider` does in a browser, and returns the address that the
 * browser is sent to in the end: the client's redirect URI, with `iss`, `state`, and a `code` or an `error`. The
 * server takes 400 ms for each sign-in; a browser that is used again is still signed in, and takes 20 ms.
 */
export async function approve(authorizeUrl: string, decision: Decision, browser = new Browser()): Promise<URL> {
  const page = await browser.visit(authorizeUrl)
  // The page was not shown: the request is in error, or the user is known and need not be asked.
  if (page.headers.location) return new URL(page.headers.location)
  const html = await text(page)
  if (page.statusCode !== 200) throw new Error(`the page answered ${page.statusCode}: ${readError(html)}`)
  const { url } = await decide(browser.open(authorizeUrl), decision)
  const redirect = await browser.visit(url, authorizeUrl)
  redirect.resume()
  if (!redirect.headers.location) throw new Error(`the redirect answered ${redirect.statusCode}`)
  return new URL(redirect.headers.location)
}

async function decide(call: Api, { username, password, decision, scope }: Decision): Promise<{ url: string }> {
  // One may refuse before signing in, with the button "Cancel".
  if (decision === 'reject') return call('POST', 'reject', {})
  const sessions = await call<KnownSession[]>('GET', 'device-sessions')
  const known = sessions.find(
    ({ account, loginRequired }) => !loginRequired && Object.values(account).includes(username),
  )
  const login = { locale: 'en', username, password, remember: true }
  const { account } = known ?? (await call<Pick<KnownSession, 'account'>>('POST', 'sign-in', login))
  return call('POST', 'consent', { did: account['did'], ...(scope && { scope }) })
}

interface KnownSession {
  readonly account: Readonly<Record<string, string>>
  readonly loginRequired: boolean
}

type Api = <T>(method: 'GET' | 'POST', endpoint: string, body?: object) => Promise<T>

/** A cookie jar, and what the server checks of a browser: where its requests come from, and the CSRF token. */
export class Browser {
  readonly #cookies = new Map<string, string>()

  /** Goes to a page. Not with fetch(), which cannot say that it navigates. */
  visit(url: string, referer?: string): Promise<IncomingMessage> {
    return this.#send('GET', url, {
      'sec-fetch-site': referer ? 'same-origin' : 'none',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
      ...(referer && { referer }),
    })
  }

  /** The API behind a page that was visited. */
  open(page: string): Api {
    return async <T>(method: string, endpoint: string, body?: object): Promise<T> => {
      const url = new URL(`/@atproto/oauth-provider/~api/${endpoint}`, page)
      const headers = {
        'sec-fetch-site': 'same-origin',
        'sec-fetch-mode': 'same-origin',
        'sec-fetch-dest': 'empty',
        referer: page,
        'x-csrf-token': this.#cookies.get('csrf-token'),
        ...(body && { 'content-type': 'application/json', origin: url.origin }),
      }
      const answer = await this.#send(method, url.href, headers, body && JSON.stringify(body))
      const content = await text(answer)
      if (answer.statusCode !== 200) throw new Error(`${endpoint} answered ${answer.statusCode}: ${content}`)
      return JSON.parse(content)
    }
  }

  async #send(method: string, url: string, headers: OutgoingHttpHeaders, body?: string): Promise<IncomingMessage> {
    const cookie = Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ')
    const sent = request(url, { method, headers: { ...headers, ...(cookie && { cookie }) } }).end(body)
    const [answer]: IncomingMessage[] = await once(sent, 'response')
    if (!answer) throw new Error(`${url} did not answer`)
    for (const line of answer.headers['set-cookie'] ?? []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (name) this.#cookies.set(name, value ?? '')
    }
    return answer
  }
}

/** The error page has its data in a script. */
function readError(html: string): string {
  return /error_description[^}]*/.exec(html)?.[0].replaceAll('\\', '') ?? html.slice(0, 200)
}
