import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { OAuthClient, type OAuthClientOptions } from 'atproof'
import { fakeNetwork } from 'atproof/testing'

/** Alice, and a program of hers that listens at a loopback redirect URI. */
export function alicesProgram(options: Partial<OAuthClientOptions> = {}) {
  const network = fakeNetwork()
  const alice = network.createAccount('alice.example.com')
  const redirectUri = 'http://127.0.0.1/callback'
  const oauth = new OAuthClient({
    ...network.clientOptions,
    ...(!options.redirectUris && { redirectUri }),
    ...options,
  })
  return { network, alice, oauth }
}

/** A browser that goes where it is sent: over a real socket, since the room that is tested listens on one. */
export const visit = (url: string): Promise<Response> => fetch(url, { headers: { connection: 'close' } })

/** One request, as it is: no redirect is followed, and any header and path can be sent. */
export async function ask(
  url: string,
  options: {
    readonly method?: string
    readonly path?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): Promise<Response> {
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const { hostname, port, pathname, search } = new URL(url)
  const sent = request({
    host: hostname.replace(/[[\]]/g, ''),
    port,
    agent: false,
    method: options.method ?? 'GET',
    path: options.path ?? pathname + search,
    headers: options.headers ?? {},
  })
  sent.on('error', reject)
  sent.on('response', (response) => {
    text(response).then((body) => {
      const headers = new Headers()
      for (const [name, values = []] of Object.entries(response.headersDistinct)) {
        for (const value of values) headers.append(name, value)
      }
      const status = response.statusCode ?? 0
      resolve(new Response(body === '' ? null : body, { status, headers }))
    }, reject)
  })
  sent.end()
  return promise
}
