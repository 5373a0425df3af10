import type { OAuthClient } from '../oauth-client.ts'
import type { Json } from './server-metadata.ts'
import type { TestClock } from './test-clock.ts'

/** What of a network is to be different. */
export interface FakeNetworkOptions {
  /** The authorization server is at `https://entryway.example.com`, not at the PDS. @default false */
  readonly entryway?: boolean
  /**
   * The clock of the servers and of the client under test. `close()` of the network closes it: it is not for two.
   *
   * @default a new testClock()
   */
  readonly clock?: TestClock
  /** Its own clock jumps whenever all that is left to do is wait, as after `clock.auto()`. @default false */
  readonly autoAdvance?: boolean
  /** Of access tokens, in seconds, from 0.5. @default 3600 */
  readonly tokenLifetimeSeconds?: number
  /** The servers hand out no DPoP nonces and ask for none. @default false */
  readonly noNonces?: boolean
}

/** How an account comes to be. */
export interface CreateAccountOptions {
  /** `did:plc` or `did:web`. @default a new did:plc */
  readonly did?: string
  /** The handle is proved by DNS, and not by its well-known file. @default false */
  readonly dns?: boolean
  /** The origin of its PDS. @default the network's first one */
  readonly pds?: string
  /** @default 'correct horse battery staple' */
  readonly password?: string
}

/** How `signIn` signs in. */
export interface FakeSignInOptions {
  /** The client under test. @default a loopback client of its own, over memoryStorage() */
  readonly oauth?: OAuthClient
  /** What the client asks for, where it is one of its own. @default 'atproto transition:generic' */
  readonly scope?: string | readonly string[]
}

/** A server that is added to a network. What its documents say may be changed in place. */
export interface FakePds {
  readonly origin: string
  readonly issuer: string
  /** @see RFC 9728 */
  readonly protectedResourceMetadata: Json
  /** @see RFC 8414 */
  readonly authorizationServerMetadata: Json
}

/** Answers for a host. One that throws is a host that cannot be reached: fetch rejects, with the error as its `cause`. */
export type HostHandler = (request: Request) => Response | Promise<Response>
