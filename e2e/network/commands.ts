/**
 * What the network does on request, in the process that runs it and, over messages, in the one that started it. Where
 * there are several PDSes, it does it to the first one unless told otherwise.
 */
export interface NetworkCommands {
  createAccount(account: NewAccount): Promise<Account>
  /**
   * Starts one more PDS: with an authorization server of its own, or over the accounts of the first one and behind its
   * authorization server, which is no PDS of theirs then: an entryway.
   */
  addPds(place: NewPds): Promise<AddedPds>
  /**
   * Moves an account to another PDS. Under one issuer its DID document changes, and nothing else; to another issuer it
   * migrates, and is deactivated where it was.
   */
  moveAccount(account: Account, pds: string): Promise<void>
  /** Puts the clocks of all servers forward. */
  skipTime(ms: number): Promise<void>
  /** Makes every DPoP nonce that was handed out so far invalid. */
  invalidateNonces(): Promise<void>
  /** Revokes all OAuth sessions of an account, as its owner or the server may at any time. */
  revokeSessions(did: string): Promise<void>
  /** Takes an account down, as a moderator does. */
  takeDown(did: string): Promise<void>
  /** Sets the lifetime of access tokens that are issued from now on. */
  setAccessTokenLifetime(ms: number): Promise<void>
  /** Has the PDS fetch an https origin, that of a client's metadata, from a plain http one on loopback. */
  mapOrigin(httpsOrigin: string, httpOrigin: string): Promise<void>
  /** Arms a fault for the next requests that it matches. */
  fail(fault: Fault): Promise<void>
  /** The requests that the PDS has dealt with since the last call, in the order they came. */
  requests(): Promise<LoggedRequest[]>
}

export interface NewAccount {
  readonly handle: string
  readonly password: string
  /** The origin of its PDS. @default the first one */
  readonly pds?: string
}

export type NewPds =
  | { readonly issuer: 'shared' }
  | {
      readonly issuer: 'own'
      /** Whether it limits how often it is called, as one in production does. @default false */
      readonly limitsRates?: boolean
    }

export interface AddedPds {
  /** Its origin. */
  readonly pds: string
  readonly issuer: string
}

export interface Account {
  readonly did: string
  readonly handle: string
  readonly password: string
}

export interface LoggedRequest {
  readonly method: string
  readonly path: string
  /** What was answered, also where a fault lost that answer; 0 where the server never acted. */
  readonly status: number
}

/** Something that goes wrong between a client and the PDS. */
export type Fault = FaultTarget & FaultEffect

interface FaultTarget {
  /** Without the query: `/oauth/token`. */
  readonly path: string
  /** @default any method but `OPTIONS`, so that a browser's preflight does not use up the fault */
  readonly method?: string
  /** @default 1 */
  readonly times?: number
}

type FaultEffect =
  /** Answers in the server's place; the server never acts. */
  | {
      readonly kind: 'status'
      readonly status: number
      readonly body?: string
      readonly headers?: Record<string, string>
    }
  /** Cuts the connection; the server never acts. */
  | { readonly kind: 'lose-request' }
  /** Lets the server act, then cuts the connection. With `onlyStatus`, other answers pass and do not count. */
  | { readonly kind: 'lose-answer'; readonly onlyStatus?: number }
  /** Lets the server act after a while, also when the client has given up by then. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Lets the server act at once, and keeps its answer back for a while. `onlyStatus` is as with `lose-answer`. */
  | { readonly kind: 'delay-answer'; readonly ms: number; readonly onlyStatus?: number }
