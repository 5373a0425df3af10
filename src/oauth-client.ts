import { createDirectory, type DirectoryOptions } from './discovery/create-directory.ts'
import { AuthorizationError, StorageError, wrongArgument } from './errors.ts'
import {
  assertOptions,
  FUNCTION,
  type OptionRule,
  TEXT,
  TEXT_OR_TEXTS,
  TEXTS,
  withMethods,
} from './flow/assert-options.ts'
import type { AuthorizationRequest, AuthorizeOptions } from './flow/authorize.ts'
import type { CallbackOptions } from './flow/finish-sign-in.ts'
import {
  CLIENT_OPTIONS,
  type ClientOptions,
  declaredScope,
  type DocumentOption,
  isDocumentOption,
  tellClient,
} from './flow/client/client-options.ts'
import { parseClientKeys, type PublicClientKey } from './flow/client/client-keys.ts'
import type { ClientMetadata } from './flow/client/client-metadata.ts'
import { joinScope, type ScopeOption, uniteScopes } from './flow/client/client-scope.ts'
import type { Revocation } from './flow/request-revocation.ts'
import { createSeal } from './flow/seal.ts'
import { createTransport } from './http/create-transport.ts'
import { type Random, systemRandom } from './http/random.ts'
import { type Deployment, report } from './session/deployment.ts'
import type { AtproofEvent } from './session/events.ts'
import type { KnownSession } from './session/known-session.ts'
import { OAuthSession } from './session/oauth-session.ts'
import { findSession } from './session/find-session.ts'
import { listSessions } from './session/list-sessions.ts'
import { didOf } from './session/record.ts'
import { signOut } from './session/sign-out.ts'
import { startSession } from './session/start-session.ts'
import { checkedStorage } from './storage/checked-storage.ts'
import { memoryStorage } from './storage/memory.ts'
import type { Storage } from './storage/storage.ts'
import { XrpcClient } from './xrpc/client.ts'
import type { SessionInfo } from './xrpc/session.ts'

/** Options of {@link OAuthClient}. Everything outside can be given. */
export interface OAuthClientOptions extends DirectoryOptions, ClientOptions {
  /** What to ask for, `atproto` among it. @default 'atproto' */
  readonly scope?: ScopeOption
  /**
   * What to ask for instead, where a server refuses `scope` as a whole: `atproto transition:generic` for one that does
   * not know granular scopes yet. Part of the client's metadata too.
   */
  readonly fallbackScope?: ScopeOption
  /** Where sessions and sign-ins live. @default memoryStorage() */
  readonly storage?: Storage
  /**
   * Secrets of 32 bytes as base64, the newest first (`openssl rand -base64 32`). With them `context` is sealed and carries
   * the whole sign-in, so that the storage is not asked for it: only that it was spent is still written there.
   */
  readonly sealKeys?: readonly string[]
  /** Makes unpredictable bytes. @default the runtime's */
  readonly random?: Random
  /** Keeps a runtime alive until a refresh is stored: `ctx.waitUntil` of a Worker. */
  readonly waitUntil?: (promise: Promise<unknown>) => void
  /** Told what happens to sessions. One that throws changes nothing. */
  readonly onEvent?: (event: AtproofEvent) => void
}

const FUNCTION_OR_TEXT: OptionRule = [
  'a function, or the https URL of a DNS-over-HTTPS server',
  (value) => typeof value === 'function' || typeof value === 'string',
]

/** Options of {@link OAuthClient.load}: those that a client metadata document does not answer. */
export interface LoadOptions extends Omit<OAuthClientOptions, DocumentOption | 'clientMetadata'> {
  /** Ends the loading, and nothing else. */
  readonly signal?: AbortSignal
}

/** What each option must be, for those who write plain JavaScript. */
const OPTIONS: { readonly [Name in keyof OAuthClientOptions]-?: OptionRule } = {
  ...CLIENT_OPTIONS,
  scope: TEXT_OR_TEXTS,
  fallbackScope: TEXT_OR_TEXTS,
  sealKeys: TEXTS,
  storage: withMethods('get', 'put', 'delete', 'list'),
  random: FUNCTION,
  plcDirectory: TEXT,
  resolveTxt: FUNCTION_OR_TEXT,
  handleResolver: TEXT,
  waitUntil: FUNCTION,
  onEvent: FUNCTION,
  fetch: FUNCTION,
  clock: withMethods('now', 'monotonic', 'sleep'),
  allowLoopback: TEXTS,
}

/** What each option of `load` must be. */
const LOADING: Readonly<Record<string, OptionRule>> = {
  ...Object.fromEntries(Object.entries(OPTIONS).filter(([name]) => !isDocumentOption(name))),
  signal: ['an AbortSignal', (value) => value instanceof AbortSignal],
}

/** What a callback gives. */
export interface CallbackResult {
  readonly client: XrpcClient
  /** The state that the app gave to `authorize`. */
  readonly state: string | undefined
}

/**
 * Signs accounts in with OAuth, and brings their sessions back.
 *
 * @example
 * const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1:8080/callback', scope: 'atproto transition:generic' })
 * const { url, context } = await oauth.authorize('alice.example.com')
 * // The person consents at `url`, and the page returns to the redirect URI.
 * const { client } = await oauth.callback(callbackUrl, { context })
 * @see https://atproto.com/specs/oauth
 */
export class OAuthClient {
  /** What to serve at the `clientId`, as `application/json`. */
  readonly clientMetadata: ClientMetadata
  /** The public halves of the client's keys: what to serve at a `jwksUri`. */
  readonly jwks: { readonly keys: readonly PublicClientKey[] }
  readonly #deployment: Deployment

  /** @throws TypeError for options that cannot work, naming the field. Does no I/O. */
  constructor(options: OAuthClientOptions) {
    assertOptions('options', options, OPTIONS)
    const transport = createTransport(options)
    const scope = joinScope('scope', options.scope ?? declaredScope(options) ?? 'atproto')
    const { fallbackScope: fallback } = options
    const fallbackScope = fallback === undefined ? undefined : joinScope('fallbackScope', fallback)
    const declared = uniteScopes(scope, fallbackScope)
    const { metadata, authentication, jwks } = tellClient(options, declared, transport.clock)
    this.clientMetadata = metadata
    this.jwks = jwks
    const storage = options.storage ?? memoryStorage({ clock: transport.clock })
    this.#deployment = {
      metadata,
      authentication,
      directory: createDirectory(transport, options),
      storage: checkedStorage(storage),
      rawStorage: storage,
      random: options.random ?? systemRandom,
      seal: options.sealKeys && createSeal(options.sealKeys),
      scope,
      fallbackScope,
      onEvent: options.onEvent,
      waitUntil: options.waitUntil,
    }
  }

  /**
   * Makes a client of one's own client metadata document, so that what a server-side app serves is all there is to
   * configure: the id, the redirect URIs, the scope and how it is shown come from there.
   *
   * @example
   * const url = 'https://app.example.com/oauth-client-metadata.json'
   * const oauth = await OAuthClient.load(url, { keys: [privateJwk], storage })
   * @param url where the document is served: the client id
   * @throws AuthorizationError `client_metadata_invalid`, where a server could not take the document, or where it lacks
   *   the public half of one of `keys`
   * @throws NetworkError
   * @throws TypeError for options that cannot work, or that do not fit the document
   * @see https://atproto.com/specs/oauth#client-id-metadata-document
   */
  static async load(url: string, options: LoadOptions = {}): Promise<OAuthClient> {
    assertText('url', 'the https URL of a client metadata document', url)
    assertOptions('options', options, LOADING)
    const { signal, ...rest } = options
    const keys = rest.keys && parseClientKeys(rest.keys)
    const { loadClientDocument } = await import('./flow/client/load-client-document.ts')
    const clientMetadata = await loadClientDocument(createTransport(rest), url, { keys, signal })
    return new OAuthClient({ ...rest, clientMetadata })
  }

  /**
   * Begins a sign-in: finds the account's server and pushes the signed request to it.
   *
   * @param identifier a handle with or without `@`, a DID, or the URL of a PDS or authorization server
   * @throws IdentityError, DiscoveryError, AuthorizationError, NetworkError, StorageError
   * @throws TypeError for a `redirectUri` that is not the client's
   * @see https://atproto.com/specs/oauth#authorization-requests
   */
  async authorize(identifier: string, options: AuthorizeOptions = {}): Promise<AuthorizationRequest> {
    assertText('identifier', 'a handle, a DID, or the URL of a server', identifier)
    // Behind a door: schemas and DID parsing are loaded only where somebody signs in.
    const { authorize } = await import('./flow/authorize.ts')
    return authorize(this.#deployment, identifier, options)
  }

  /**
   * Ends a sign-in: checks the response, exchanges the code, stores the session. Where the storage fails the client
   * lives in memory all the same, `client.session.stored` is false, and storing is tried again.
   *
   * @param response the URL that the page returned to, or its parameters
   * @throws AuthorizationError, IdentityError, DiscoveryError, NetworkError, StorageError
   * @see RFC 6749 §4.1.2, RFC 9207 §2.4
   */
  async callback(response: string | URL | URLSearchParams, options: CallbackOptions): Promise<CallbackResult> {
    if (!options?.context) throw new AuthorizationError('context_missing', { field: 'context' })
    const { finishSignIn } = await import('./flow/finish-sign-in.ts')
    const signedIn = await finishSignIn(this.#deployment, response, options)
    const session = await startSession(this.#deployment, signedIn)
    return { client: this.#clientOver(session), state: signedIn.signIn.state }
  }

  /**
   * Brings a session back, without asking any server. A session that has ended comes back too, and says why in
   * `client.session`. Undefined where there is none.
   *
   * @throws StorageError `read_failed`, `corrupt`
   */
  async restore(sessionId: string): Promise<XrpcClient | undefined> {
    assertText('sessionId', 'the id of a session', sessionId)
    const known = await findSession(this.#deployment, sessionId)
    return known && this.#clientOf(known)
  }

  /**
   * Brings the newest session of an account back. One that cannot be read is left out, and an event says so.
   *
   * @throws StorageError `read_failed`
   * @throws TypeError for what is no DID
   */
  async latest(did: string): Promise<XrpcClient | undefined> {
    let newest: KnownSession | undefined
    for await (const known of this.#sessionsOf(did)) {
      if (!newest || known.record.createdAt > newest.record.createdAt) newest = known
    }
    return newest && this.#clientOf(newest)
  }

  /**
   * All sessions of the storage, in no order, without their secrets. One that cannot be read is left out, and an event
   * says so.
   *
   * @throws StorageError `read_failed`
   */
  async *sessions(): AsyncGenerator<SessionInfo, void, undefined> {
    for await (const known of this.#sessionsOf(undefined)) yield known.info()
  }

  /**
   * Signs a session out: here in any case, and at the server as far as it takes it.
   *
   * @throws StorageError: then the session is not signed out
   * @see RFC 7009
   */
  async revoke(sessionId: string): Promise<Revocation> {
    assertText('sessionId', 'the id of a session', sessionId)
    return (await signOut(this.#deployment, sessionId)) ?? { accepted: false, reason: 'there is no such session' }
  }

  /**
   * Signs all sessions of an account out. One that cannot be is no reason to leave the others.
   *
   * @throws AggregateError of StorageErrors: those sessions are not signed out
   */
  async revokeAll(did: string): Promise<readonly Revocation[]> {
    const ids = await listSessions(this.#deployment, did)
    const outcomes = await Promise.allSettled(ids.map((sessionId) => signOut(this.#deployment, sessionId)))
    const failures = outcomes
      .filter((outcome) => outcome.status === 'rejected')
      .map(({ reason }) => reason as unknown)
    if (failures.length > 0) throw new AggregateError(failures, `${failures.length} sessions were not signed out`)
    return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' && outcome.value ? [outcome.value] : []))
  }

  async *#sessionsOf(did: string | undefined): AsyncGenerator<KnownSession, void, undefined> {
    for (const sessionId of await listSessions(this.#deployment, did)) {
      const known = await this.#findReadable(sessionId)
      if (known) yield known
    }
  }

  /** One record that cannot be read must not hide the others: the app is told of it, and `restore` says why. */
  async #findReadable(sessionId: string): Promise<KnownSession | undefined> {
    try {
      return await findSession(this.#deployment, sessionId)
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error
      report(this.#deployment, { type: 'unreadable', error, sessionId, did: didOf(sessionId) })
      return undefined
    }
  }

  #clientOf(known: KnownSession): XrpcClient {
    return this.#clientOver(new OAuthSession(this.#deployment, known))
  }

  #clientOver(session: OAuthSession): XrpcClient {
    return new XrpcClient({ session, clock: this.#deployment.directory.transport.clock })
  }
}

function assertText(name: string, expected: string, value: unknown): void {
  if (typeof value !== 'string') throw wrongArgument(name, expected, value)
}
