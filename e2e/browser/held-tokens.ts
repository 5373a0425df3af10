import type { OAuthClientOptions } from 'atproof'

type Fetch = NonNullable<OAuthClientOptions['fetch']>

/** Where a token request is held: in the page, before any server hears of it; or its answer, when the server has acted. */
export type HoldingPlace = 'request' | 'answer'

/** The network of the page, on which the next token request can be held for as long as it takes to end or stop the page. */
export class HeldTokens {
  isHeld = false
  #place: HoldingPlace | undefined
  #release = (): void => {}

  readonly fetch: Fetch = async (url, init) => {
    const isToken = new URL(url).pathname === '/oauth/token'
    if (isToken && this.#place === 'request') await this.#hold()
    const response = await fetch(url, init)
    // One that only gave its nonce is asked again.
    if (isToken && this.#place === 'answer' && response.ok) await this.#hold()
    return response
  }

  holdNext(place: HoldingPlace): void {
    this.#place = place
  }

  release(): void {
    this.#release()
  }

  #hold(): Promise<void> {
    this.#place = undefined
    this.isHeld = true
    return new Promise((resolve) => (this.#release = resolve))
  }
}
