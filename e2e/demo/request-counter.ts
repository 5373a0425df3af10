/** What was asked since the last time somebody looked. */
export interface Asked {
  readonly count: number
  /** Who was asked for what, in order. */
  readonly words: string
}

/** Who is where, by origin. */
export interface Places {
  readonly pds: string
  readonly plc: string
}

/** A fetch that remembers whom it asked for what. Of a request it keeps the path, which holds no secret. */
export class RequestCounter {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly #places: Places
  #asked: { readonly whom: string; readonly what: string }[] = []

  constructor(places: Places, send: RequestCounter['fetch']) {
    this.#places = places
    this.fetch = async (url, init) => {
      const response = await send(url, init)
      this.#asked.push(this.#describe(new URL(url), response, await errorOf(response)))
      return response
    }
  }

  take(): Asked {
    const asked = this.#asked
    this.#asked = []
    const words = asked.map(({ whom, what }, at) => (asked[at - 1]?.whom === whom ? what : `${whom} ${what}`))
    return { count: asked.length, words: words.join(', ') }
  }

  #describe(
    { origin, pathname }: URL,
    { status }: Response,
    error: string | undefined,
  ): { whom: string; what: string } {
    const what = decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1)).replace(/^com\.atproto\./, '')
    const short = what.replace(/^(did:plc:.{4}).*/, '$1…')
    const outcome = error === 'use_dpop_nonce' ? ' (asks for a nonce)' : status >= 400 ? ` (${status})` : ''
    return { whom: this.#nameOf(origin, pathname), what: short + outcome }
  }

  #nameOf(origin: string, pathname: string): string {
    if (origin === this.#places.plc) return 'PLC directory'
    if (origin !== this.#places.pds) return origin
    return /^\/oauth\/|oauth-authorization-server$/.test(pathname) ? 'authorization server' : 'PDS'
  }
}

/** The `error` of a refusal, which both kinds of servers write into its body. */
async function errorOf(response: Response): Promise<string | undefined> {
  if (response.status !== 400 && response.status !== 401) return undefined
  const { error }: { error?: string } = await response.clone().json()
  return error
}
