import type { RealNetwork } from '../network/start.ts'

/** What was asked since the last time somebody looked. */
export interface Asked {
  readonly count: number
  /** Who was asked for what, in order. */
  readonly words: string
}

/** A fetch that remembers whom it asked for what. Of a request it keeps the path, which holds no secret. */
export class RequestCounter {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly #network: Pick<RealNetwork, 'pds' | 'plc'>
  #asked: { readonly whom: string; readonly what: string }[] = []

  constructor(network: Pick<RealNetwork, 'pds' | 'plc'>) {
    this.#network = network
    this.fetch = async (url, init) => {
      const response = await fetch(url, init)
      this.#asked.push(this.#describe(new URL(url), response))
      return response
    }
  }

  take(): Asked {
    const asked = this.#asked
    this.#asked = []
    const words = asked.map(({ whom, what }, at) => (asked[at - 1]?.whom === whom ? what : `${whom} ${what}`))
    return { count: asked.length, words: words.join(', ') }
  }

  #describe({ origin, pathname }: URL, response: Response): { whom: string; what: string } {
    const what = decodeURIComponent(pathname.slice(pathname.lastIndexOf('/') + 1)).replace(/^com\.atproto\./, '')
    const asksForNonce = response.status === 400 || response.status === 401
    return { whom: this.#nameOf(origin, pathname), what: asksForNonce ? `${what} (${response.status})` : what }
  }

  #nameOf(origin: string, pathname: string): string {
    if (origin === this.#network.plc) return 'PLC directory'
    if (origin !== this.#network.pds) return origin
    return /^\/oauth\/|oauth-authorization-server$/.test(pathname) ? 'authorization server' : 'PDS'
  }
}
