import { isJsonObject } from '../../../src/syntax/shape.ts'
import type { Order } from '../messages.ts'

/** What a child asks of its parent, past all faults: what to do, and whoever sits at the browser. */
export class Parent {
  readonly #adapter: string
  readonly #life: number

  constructor(adapter: string, life: number) {
    this.#adapter = adapter
    this.#life = life
  }

  async nextOrder(): Promise<Order> {
    return (await this.#ask('order', {})) as Order
  }

  /** The person consents. Gives the callback. */
  async approve(url: string, did: string): Promise<string> {
    const answer = await this.#ask('approve', { url, did })
    if (isJsonObject(answer) && typeof answer['callback'] === 'string') return answer['callback']
    throw new Error('the person was not shown the page')
  }

  /** TXT records, as the network has them. */
  async resolveTxt(name: string): Promise<string[][]> {
    const answer = await this.#ask('txt', { name })
    if (Array.isArray(answer)) return answer
    throw new Error('no such records')
  }

  async #ask(what: string, body: object): Promise<unknown> {
    const response = await fetch(new URL(what, this.#adapter), {
      method: 'POST',
      headers: { 'x-kill-life': String(this.#life), 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  }
}
