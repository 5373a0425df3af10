import type { WireFetch } from 'atproof/testing'

/** A person with an account, and what they do at the consent page. */
export interface Person {
  readonly did: string
  readonly handle: string
  readonly password: string
  /** Signs in and consents. The URL that the browser is sent to. */
  approve(url: string, options?: { readonly scope?: string }): Promise<string>
  deny(url: string): Promise<string>
}

/** How a document is served that is not as it should be. */
export interface PublishOptions {
  /** @default 200 */
  readonly status?: number
  /** @default { 'content-type': 'application/json' } */
  readonly headers?: Readonly<Record<string, string>>
}

/** A network as the contract suite sees it: the fake one and the real one give the same answers to the same questions. */
export interface ContractWorld {
  readonly kind: 'fake' | 'real'
  readonly fetch: WireFetch
  readonly pds: string
  readonly issuer: string
  readonly plc: string
  /** The time of the servers, in ms since the epoch. */
  now(): number
  /** Lets time pass: by the clock of the fake network, really on the real one. */
  pass(ms: number): Promise<void>
  /** Makes an account with a name of its own, on the first PDS unless another origin is given. */
  newPerson(place?: { readonly pds?: string }): Promise<Person>
  /** Puts JSON, or a text as it is, at a path of `https://app.atproof.internal`, where the authorization server fetches it. */
  publish(path: string, json: unknown, options?: PublishOptions): Promise<string>
  /** Every nonce that was handed out becomes stale. */
  invalidateNonces(): Promise<void>
  revokeSessions(did: string): Promise<void>
  takeDown(did: string): Promise<void>
  /** The lifetime of access tokens that are issued from now on. */
  setAccessTokenLifetime(ms: number): Promise<void>
  close(): Promise<void>
}
