import { StorageError } from '../errors/storage-error.ts'
import type { AuthorizationRequest, AuthorizeOptions } from '../flow/authorize.ts'
import type { CallbackOptions } from '../flow/finish-sign-in.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import { systemRandom } from '../http/random.ts'
import type { CallbackResult } from '../oauth-client.ts'
import type { OAuthClientOptions } from '../oauth-client-options.ts'
import { AccountSession } from '../session/account-session.ts'
import { findSession } from '../session/find-session.ts'
import type { KnownSession } from '../session/known-session.ts'
import { knownSessions } from '../session/known-sessions.ts'
import { oauthCallKind } from '../session/oauth-call-kind.ts'
import type { SessionRecord } from '../session/record.ts'
import { type Explain, timedStorage } from '../storage/timed-storage.ts'
import { lateIndexedDbStorage } from '../storage/indexeddb/late-storage.ts'
import { Client } from '../xrpc/client.ts'
import type { XrpcClient } from '../xrpc/xrpc-client.ts'
import type { SessionInfo } from '../xrpc/session.ts'
import type * as care from './care.ts'
import { lateCallParts } from './late-call-parts.ts'
import { type LateUpkeep, lateUpkeep } from './late-upkeep.ts'
import { loadPart } from './load-part.ts'
import type { Door } from './open-door.ts'
import type { Page } from './page.ts'
import type { SignOut } from './sign-out-parts.ts'
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

/** A part that brings what writes into the storage, and lists it. */
type Writer = Pick<typeof care, 'writeEntries'>

/** Set by the class, which alone can look into a client. */
let readTab: (oauth: OAuthClient) => Tab

/** What the functions of this room know of a client, beside its methods. */
export function tabOf(oauth: OAuthClient): Tab {
  return readTab(oauth)
}

/**
 * The `OAuthClient` of `atproof` for a page: what a returning person needs is small, and all that signing in takes is
 * loaded when somebody signs in. What refreshes sessions is loaded right after the first one was restored.
 *
 * @see https://atproto.com/specs/oauth
 */
export class OAuthClient {
  static {
    readTab = (oauth) => oauth.#tab
  }

  readonly #tab: Tab
  readonly #options: BrowserClientOptions
  readonly #upkeep: LateUpkeep<SessionRecord>
  #door: Door | undefined
  #signOut: SignOut | undefined
  /** Of the part that was loaded last: each one that writes has it. */
  #writeEntries: Writer['writeEntries'] | undefined

  /**
   * Does no I/O. What is wrong with options that only a sign-in needs is said by `authorize`, as a TypeError: before anything
   * is sent while the page is being developed, else once a server has refused it.
   */
  constructor(options: BrowserClientOptions) {
    const { page = globalThis, redirectUri = '', clientMetadata } = options
    const { storage = lateIndexedDbStorage(() => this.#loadWriting()), random = systemRandom, onEvent } = options
    const transport = pageTransport(options)
    const { clock } = transport
    const kind = oauthCallKind(transport, (known, met) => upkeep.tell(known, met))
    const upkeep = lateUpkeep({
      open: async () => {
        const { openUpkeep } = await this.#loadWriter(import('./care.ts'))
        return openUpkeep(this.#tab.calls, options, this.#tab)
      },
      askOnce: kind.ask,
      clock,
    })
    this.#options = options
    this.#upkeep = upkeep
    this.#tab = {
      page,
      clock,
      // The development client has no id of its own.
      clientId: options.clientId ?? clientMetadata?.client_id ?? '',
      redirectUris: clientMetadata?.redirect_uris ?? options.redirectUris ?? [redirectUri],
      calls: {
        transport,
        random,
        onEvent,
        waitUntil: undefined,
        storage: timedStorage(storage, clock, explainLater),
        sessions: knownSessions(storage),
        kind,
        upkeep,
      },
      current: undefined,
      resuming: undefined,
      channel: undefined,
      hearers: new Set(),
    }
  }

  /** As `authorize` of the `OAuthClient` of `atproof`. `signIn` does all around it. */
  async authorize(identifier: string | XrpcClient, options?: AuthorizeOptions): Promise<AuthorizationRequest> {
    return (await this.#openDoor()).authorize(identifier, options)
  }

  /** As `callback` of the `OAuthClient` of `atproof`. `resume` does all around it. */
  async callback(response: string | URL | URLSearchParams, options: CallbackOptions): Promise<CallbackResult> {
    return (await this.#openDoor()).callback(response, options)
  }

  /**
   * Brings a session back, without asking any server. A session that has ended comes back too, and says why in
   * `client.session`. Undefined where there is none.
   *
   * @throws StorageError `read_failed`, `corrupt`
   */
  async restore(sessionId: string): Promise<XrpcClient | undefined> {
    const known = await findSession(this.#tab.calls, sessionId)
    return known && this.#clientOf(known)
  }

  /**
   * Brings the newest session of an account back. One that cannot be read is left out, and an event says so.
   *
   * @throws StorageError `read_failed`
   * @throws NetworkError `unreachable` where what looks for it could not be loaded
   */
  async latest(did: string): Promise<XrpcClient | undefined> {
    const { findNewest } = await this.#loadWriter(import('./find-accounts.ts'))
    const newest = await findNewest(this.#tab.calls, did)
    return newest && this.#clientOf(newest)
  }

  /**
   * All sessions of the storage, in no order, without their secrets. One that cannot be read is left out, and an event
   * says so.
   *
   * @throws StorageError `read_failed`
   * @throws NetworkError `unreachable` where what looks for them could not be loaded
   */
  async *sessions(): AsyncGenerator<SessionInfo, void, undefined> {
    const { findSessions } = await this.#loadWriter(import('./find-accounts.ts'))
    for await (const known of findSessions(this.#tab.calls, undefined)) yield known.info()
  }

  /** As `revoke` of the `OAuthClient` of `atproof`. `signOut` does all around it. */
  async revoke(sessionId: string): Promise<Revocation> {
    return (await this.#openSignOut()).revoke(sessionId)
  }

  /** As `revokeAll` of the `OAuthClient` of `atproof`. */
  async revokeAll(did: string): Promise<readonly Revocation[]> {
    return (await this.#openSignOut()).revokeAll(did)
  }

  async #openDoor(): Promise<Door> {
    const { openDoor } = await this.#loadWriter(import('./door.ts'))
    return (this.#door ??= openDoor(this.#tab.calls, this.#options, this.#tab))
  }

  async #openSignOut(): Promise<SignOut> {
    const { openSignOut } = await this.#loadWriter(import('./sign-out-parts.ts'))
    return (this.#signOut ??= openSignOut(this.#tab.calls, this.#options, this.#tab))
  }

  /** Loads a part that writes: whatever it spends, its outcome can be stored. */
  async #loadWriter<Part extends Writer>(loading: Promise<Part>): Promise<Part> {
    const part = await loadPart(loading)
    this.#writeEntries = part.writeEntries
    return part
  }

  async #loadWriting(): Promise<Writer['writeEntries']> {
    return this.#writeEntries ?? (await this.#loadWriter(import('./care.ts'))).writeEntries
  }

  #clientOf(known: KnownSession): XrpcClient {
    // Kept from now on: an old tab's parts may be gone from the server when they are needed. Whoever needs them asks again,
    // and is told.
    for (const part of [this.#upkeep.load(), import('./find-accounts.ts'), import('./explain-failure.ts')]) {
      part.catch(() => {})
    }
    const { calls } = this.#tab
    const { transport, random } = calls
    const session = new AccountSession(calls, known)
    return new Client({ session, clock: transport.clock, random, load: lateCallParts() })
  }
}

/** A page may fail to load the part that says more, for the same reason that its storage failed. */
async function explainLater(...failure: Parameters<Explain>): Promise<StorageError> {
  const part = await import('./explain-failure.ts').catch(() => undefined)
  return part ? part.explainFailure(...failure) : new StorageError(failure[0])
}
