import type { AccountOptions, Authentication, SignedIn } from './authentication.ts'
import type { Schema } from './lexicon-values.ts'
import { parseInput, parseParams } from './parse-call.ts'
import type { PasswordClaims } from './password-sessions.ts'
import type { RateLimits } from './rate-limits.ts'
import { readBytes, readJson, readMimeType, readNothing } from './read-body.ts'

/** One call of a method: what it says, who makes it, and the headers that its answer will have. */
export class Call {
  readonly nsid: string
  readonly request: Request
  /** Of the answer, whatever that becomes. */
  readonly headers: Headers = new Headers()
  readonly #authentication: Authentication
  readonly #limits: RateLimits

  constructor(nsid: string, request: Request, server: { authentication: Authentication; limits: RateLimits }) {
    this.nsid = nsid
    this.request = request
    this.#authentication = server.authentication
    this.#limits = server.limits
  }

  /** @throws XrpcRefusal InvalidRequest */
  params<T>(schema: Schema<T>): T {
    return parseParams(this.nsid, new URL(this.request.url).searchParams, schema)
  }

  /** @throws XrpcRefusal 401, and 429 as all of the four do that say who may call */
  async account(options?: AccountOptions): Promise<SignedIn> {
    const account = await this.#authentication.account(this.request, this.headers, options)
    this.#limits.spend(this.nsid, account.did, this.headers)
    return account
  }

  async anyone(): Promise<SignedIn | undefined> {
    const caller = await this.#authentication.anyone(this.request, this.headers)
    this.#limits.spend(this.nsid, caller?.did, this.headers)
    return caller
  }

  async refresher(options?: { readonly allowExpired?: boolean }): Promise<PasswordClaims> {
    const claims = await this.#authentication.refresher(this.request, this.headers, options)
    this.#limits.spend(this.nsid, claims.did, this.headers)
    return claims
  }

  /** A public method looks at no token. */
  nobody(): void {
    this.#limits.spend(this.nsid, undefined, this.headers)
  }

  async json<T>(schema: Schema<T>, options: { readonly maxBytes?: number } = {}): Promise<T> {
    return parseInput(await readJson(this.request, options.maxBytes), schema)
  }

  get mimeType(): string {
    return readMimeType(this.request)
  }

  bytes(maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
    return readBytes(this.request, maxBytes)
  }

  noInput(): Promise<void> {
    return readNothing(this.request)
  }
}
