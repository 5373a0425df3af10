/** Maps the https origins that this process fetches to plain http ones: a valid client id without TLS or DNS. */
export class OriginMap {
  readonly #origins = new Map<string, string>()

  constructor() {
    const fetchUnmapped = globalThis.fetch
    globalThis.fetch = (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      const origin = this.#origins.get(url.origin)
      if (!origin) return fetchUnmapped(input, init)
      // A request made from a request leaves the caller's dispatcher behind, which may refuse plain http.
      return fetchUnmapped(new Request(origin + url.pathname + url.search, new Request(input, init)))
    }
  }

  set(httpsOrigin: string, httpOrigin: string): void {
    this.#origins.set(new URL(httpsOrigin).origin, new URL(httpOrigin).origin)
  }
}
