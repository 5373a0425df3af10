import { StorageError } from '../errors/storage-error.ts'
import type { AuthorizationRequest, AuthorizeOptions } from '../flow/authorize.ts'
import type { CallbackOptions } from '../flow/finish-sign-in.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import { systemRandom } from '../http/random.ts'
import type { CallbackResult } from '../oauth-client.ts'
import type { OAuthClientOptions } from '../oauth-client-options.ts'
import { AccountSession } from '../session/account-session.ts'
import type { CallEngine } from '../session/deployment.ts'
import { findSession } from '../session/find-session.ts'
import type { KnownSession } from '../session/known-session.ts'
import { knownSessions } from '../session/known-sessions.ts'
import { oauthCallKind } from '../session/oauth-call-kind.ts'
import type { SessionRecord } from '../session/record.ts'
import { type Explain, timedStorage } from '../storage/timed-storage.ts'
import { indexedDbStorage } from '../storage/indexeddb.ts'
import { Client } from '../xrpc/client.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import type { SessionInfo } from '../xrpc/session.ts'
import { type LateUpkeep, lateUpkeep } from './late-upkeep.ts'
import { loadComposed } from './load-composed.ts'
import { loadPart } from './load-part.ts'
import type { Door } from './open-door.ts'
import type { Page } from './page.ts'
import type { Tab } from './tab.ts'
import { pageTransport } from './page-transport.ts'

/** Options of a page's `OAuthClient`: a public client, whose sessions live in the browser. */
export interface BrowserClientOptions extends Omit<
  OAuthClientOptions,
  'keys' | 'signAssertion' | 'jwks' | 'jwksUri' | 'sealKeys' | 'waitUntil'
> {
  /**
   * Where sessions and sign-ins live. Apps of one origin share those of a database: give each its own name, where they are
   * not one app, with `indexedDbStorage({ name })`.
   *
   * @default indexedDbStorage()
   */
  readonly storage?: OAuthClientOptions['storage']
  /** The page that the client runs in, for tests. @default globalThis */
  readonly page?: Page | undefined
}

/** What the functions of this room know of a client, beside its methods. */
export let tabOf: (oauth: OAuthClient) => Tab

/**
 * The `OAuthClient` of `atproof` for a page: what a returning person needs is small, and all that signing in takes is
 * loaded when somebody signs in. What refreshes sessions is loaded right after the first one was restored.
 *
 * @see https://atproto.com/specs/oauth
 */
export class OAuthClient {
  static {
    tabOf = (oauth) => oauth.#tab
  }

  readonly #tab: Tab
  readonly #engine: CallEngine<SessionRecord>
  readonly #upkeep: LateUpkeep<SessionRecord>
  readonly #open: () => Promise<Door>

  /** Does no I/O. What is wrong with options that only a sign-in needs is said by `authorize`, as a TypeError. */
  constructor(options: BrowserClientOptions) {
    const { page = globalThis, redirectUri = '', clientMetadata } = options
    const { storage = indexedDbStorage(), random = systemRandom, onEvent } = options
    const transport = pageTransport(options)
    const tab: Tab = {
      page,
      clock: transport.clock,
      // The development client has no id of its own.
      clientId: options.clientId ?? clientMetadata?.client_id ?? '',
      redirectUris: clientMetadata?.redirect_uris ?? options.redirectUris ?? [redirectUri],
      current: undefined,
      resuming: undefined,
      channel: undefined,
      hearers: new Set(),
    }
    this.#tab = tab
    this.#upkeep = lateUpkeep({
      open: async () => {
        const { openEngine } = await loadPart(import('./care.ts'))
        return openEngine(this.#engine, options, { tab, clientId: tab.clientId }).upkeep
      },
      askOnce: (known, request) => this.#engine.kind.ask(known, request),
      clock: transport.clock,
    })
    this.#engine = {
      transport,
      random,
      onEvent,
      waitUntil: undefined,
      storage: timedStorage(storage, transport.clock, explainLater),
      sessions: knownSessions(storage),
      kind: oauthCallKind(transport, { onEvent }),
      upkeep: this.#upkeep,
    }
    let door: Door | undefined
    this.#open = async () => {
      const { openDoor } = await loadPart(import('./door.ts'))
      return (door ??= openDoor(this.#engine, options, tab))
    }
  }

  /** As `authorize` of the `OAuthClient` of `atproof`. `signIn` does all around it. */
  async authorize(identifier: string | XrpcClient, options?: AuthorizeOptions): Promise<AuthorizationRequest> {
    return (await this.#open()).authorize(identifier, options)
  }

  /** As `callback` of the `OAuthClient` of `atproof`. `resume` does all around it. */
  async callback(response: string | URL | URLSearchParams, options: CallbackOptions): Promise<CallbackResult> {
    return (await this.#open()).callback(response, options)
  }

  /**
   * Brings a session back, without asking any server. A session that has ended comes back too, and says why in
   * `client.session`. Undefined where there is none.
   *
   * @throws StorageError `read_failed`, `corrupt`
   */
  async restore(sessionId: string): Promise<XrpcClient | undefined> {
    const known = await findSession(this.#engine, sessionId)
    return known && this.#clientOf(known)
  }

  /**
   * Brings the newest session of an account back. One that cannot be read is left out, and an event says so.
   *
   * @throws StorageError `read_failed`
   */
  async latest(did: string): Promise<XrpcClient | undefined> {
    const { findNewest } = await loadPart(import('./care.ts'))
    const newest = await findNewest(this.#engine, did)
    return newest && this.#clientOf(newest)
  }

  /**
   * All sessions of the storage, in no order, without their secrets. One that cannot be read is left out, and an event
   * says so.
   *
   * @throws StorageError `read_failed`
   */
  async *sessions(): AsyncGenerator<SessionInfo, void, undefined> {
    const { findSessions } = await loadPart(import('./care.ts'))
    for await (const known of findSessions(this.#engine, undefined)) yield known.info()
  }

  /** As `revoke` of the `OAuthClient` of `atproof`. `signOut` does all around it. */
  async revoke(sessionId: string): Promise<Revocation> {
    return (await this.#open()).revoke(sessionId)
  }

  /** As `revokeAll` of the `OAuthClient` of `atproof`. */
  async revokeAll(did: string): Promise<readonly Revocation[]> {
    return (await this.#open()).revokeAll(did)
  }

  #clientOf(known: KnownSession): XrpcClient {
    // Kept from now on: an old tab's parts may be gone from the server when its token is at its end.
    // Whoever needs them asks again, and is told.
    this.#upkeep.load().catch(() => {})
    loadComposed().catch(() => {})
    const { transport, random } = this.#engine
    const session = new AccountSession(this.#engine, known)
    return new Client({ session, clock: transport.clock, random }, loadComposed)
  }
}

/** A page may fail to load the part that says more, for the same reason that its storage failed. */
async function explainLater(...failure: Parameters<Explain>): Promise<StorageError> {
  const part = await import('./care.ts').catch(() => undefined)
  return part ? part.storageFailure(...failure) : new StorageError(failure[0])
}
