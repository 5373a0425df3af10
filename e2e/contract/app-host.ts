import type { PublishOptions } from './world.ts'

/** The host of the apps, whose documents an authorization server fetches. Nothing is there but what a test puts there. */
export const APP = 'https://app.atproof.internal'

/** What the host answers with. */
export interface Page {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The pages of the host by their path, query included. */
export class AppHost {
  readonly #pages = new Map<string, Page>()

  /** Puts a page there, and gives its URL. */
  publish(path: string, json: unknown, options: PublishOptions = {}): string {
    const { status = 200, headers = { 'content-type': 'application/json' } } = options
    this.#pages.set(path, { status, headers, body: typeof json === 'string' ? json : JSON.stringify(json) })
    return APP + path
  }

  answer(path: string): Page {
    return this.#pages.get(path) ?? { status: 404, headers: {}, body: '' }
  }
}
