import { AtproofError, AuthorizationError, type OAuthClient, type XrpcClient } from 'atproof'

const COLLECTION = 'com.example.note'

/** A small app: a person signs in and saves notes. Each step gives what they read on the screen. */
export class Notes {
  readonly #oauth: OAuthClient
  #context = ''
  #client: XrpcClient | undefined
  /** What the person wrote and the server does not have yet. */
  draft = ''

  constructor(oauth: OAuthClient) {
    this.#oauth = oauth
  }

  /** The page of the person's own server, where they consent. */
  async beginSignIn(handle: string): Promise<string> {
    const { url, context } = await this.#oauth.authorize(handle)
    this.#context = context
    this.#client = undefined
    return url
  }

  async finishSignIn(callbackUrl: string): Promise<string> {
    try {
      const { client } = await this.#oauth.callback(callbackUrl, { context: this.#context })
      this.#client = client
      return `Signed in as ${client.session.handle}.`
    } catch (error) {
      if (error instanceof AuthorizationError && error.code === 'access_denied') return 'You are not signed in.'
      throw error
    }
  }

  async save(text: string): Promise<string> {
    this.draft = text
    if (!this.#client) return 'Sign in to save your note.'
    const record = { $type: COLLECTION, text }
    try {
      const input = { repo: this.#client.did, collection: COLLECTION, record }
      await this.#client.post('com.atproto.repo.createRecord', { input })
      this.draft = ''
      return 'Saved.'
    } catch (error) {
      return this.#explain(error)
    }
  }

  #explain(error: unknown): string {
    if (!(error instanceof AtproofError)) throw error
    if (error.retryable) return 'Your server does not answer. Your note is kept: try again in a moment.'
    if (error.code !== 'needs_reauth') throw error
    const handle = this.#client?.session.handle
    this.#client = undefined
    return `You were signed out. Your note is kept: sign in again as ${handle} to save it.`
  }
}
