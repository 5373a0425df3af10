import * as runtime from '#runtime'
import { type Directory, PLC_DIRECTORY, type ResolveTxt } from './discovery/directory.ts'
import { DEFAULT_DNS_OVER_HTTPS, dnsOverHttps } from './discovery/dns-over-https.ts'
import { AuthorizationError, StorageError, wrongArgument } from './errors.ts'
import { assertOptions, FUNCTION, LIST, type OptionRule, TEXT, TEXTS, withMethods } from './flow/assert-options.ts'
import type { AuthorizationRequest, AuthorizeOptions } from './flow/authorize.ts'
import type { CallbackOptions } from './flow/finish-sign-in.ts'
import { confidentialClient, publicClient } from './flow/client-authentication.ts'
import { type ClientKey, parseClientKeys, type PublicClientKey } from './flow/client-keys.ts'
import { type ClientMetadata, createClientMetadata } from './flow/client-metadata.ts'
import type { Revocation } from './flow/revoke-tokens.ts'
import { createTransport, type TransportOptions } from './http/create-transport.ts'
import { parseOrigin } from './http/origin.ts'
import { type Random, systemRandom } from './http/random.ts'
import type { Transport } from './http/transport.ts'
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
export interface OAuthClientOptions extends TransportOptions {
  /** The https URL of the client metadata document. Left out: the loopback client, for development. */
  readonly clientId?: string
  /** Where the consent page returns to. One of `redirectUri` and `redirectUris` is required. */
  readonly redirectUri?: string
  readonly redirectUris?: readonly string[]
  /** What to ask for, `atproto` among it. @default 'atproto' */
  readonly scope?: string
  /** Private ES256 JWKs, the newest first: a confidential client. Left out: a public one. */
  readonly keys?: readonly Readonly<Record<string, unknown>>[]
  /** Where sessions and sign-ins live. @default memoryStorage() */
  readonly storage?: Storage
  /** Makes unpredictable bytes. @default the runtime's */
  readonly random?: Random
  /** Origin of the PLC directory. @default 'https://plc.directory' */
  readonly plcDirectory?: string
  /** Looks up TXT records. @default DNS on Node; elsewhere DNS over HTTPS at cloudflare-dns.com, which then learns who looks for whom */
  readonly resolveTxt?: ResolveTxt
  /** Origin of a service to resolve handles, asked instead of DNS and the handle's own host. */
  readonly handleResolver?: string
  /** Keeps a runtime alive until a refresh is stored: `ctx.waitUntil` of a Worker. */
  readonly waitUntil?: (promise: Promise<unknown>) => void
  /** Told what happens to sessions. One that throws changes nothing. */
  readonly onEvent?: (event: AtproofEvent) => void
}

/** What each option must be, for those who write plain JavaScript. */
const OPTIONS: { readonly [Name in keyof OAuthClientOptions]-?: OptionRule } = {
  clientId: TEXT,
  redirectUri: TEXT,
  redirectUris: TEXTS,
  scope: TEXT,
  keys: LIST,
  storage: withMethods('get', 'put', 'delete', 'list'),
  random: FUNCTION,
  plcDirectory: TEXT,
  resolveTxt: FUNCTION,
  handleResolver: TEXT,
  waitUntil: FUNCTION,
  onEvent: FUNCTION,
  fetch: FUNCTION,
  clock: withMethods('now', 'monotonic', 'sleep'),
  allowLoopback: TEXTS,
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
  readonly #deployment: Deployment

  /** @throws TypeError for options that cannot work, naming the field. Does no I/O. */
  constructor(options: OAuthClientOptions) {
    assertOptions('options', options, OPTIONS)
    const transport = createTransport(options)
    const keys = options.keys && parseClientKeys(options.keys)
    const redirectUris = redirectUrisOf(options)
    const scope = options.scope ?? 'atproto'
    this.clientMetadata = createClientMetadata({ clientId: options.clientId, redirectUris, scope, keys })
    const storage = options.storage ?? memoryStorage({ clock: transport.clock })
    this.#deployment = {
      metadata: this.clientMetadata,
      authentication: authenticationOf(this.clientMetadata.client_id, keys),
      directory: directoryOf(transport, options),
      storage: checkedStorage(storage),
      rawStorage: storage,
      random: options.random ?? systemRandom,
      onEvent: options.onEvent,
      waitUntil: options.waitUntil,
    }
  }

  /** The public halves of the client's keys, for a `jwks_uri`. */
  get jwks(): { readonly keys: readonly PublicClientKey[] } {
    return this.clientMetadata.jwks ?? { keys: [] }
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

function redirectUrisOf({ redirectUri, redirectUris }: OAuthClientOptions): readonly string[] {
  if (!redirectUri && !redirectUris)
    throw wrongArgument('redirectUri', 'where the consent page returns to', redirectUri)
  if (redirectUri === undefined) return redirectUris ?? []
  if (redirectUris === undefined) return [redirectUri]
  throw wrongArgument('redirectUri', 'either this or `redirectUris`', 'both')
}

function authenticationOf(clientId: string, keys: readonly ClientKey[] | undefined) {
  return keys ? confidentialClient(clientId, keys) : publicClient(clientId)
}

function directoryOf(transport: Transport, options: OAuthClientOptions): Directory {
  const originOf = (field: 'plcDirectory' | 'handleResolver', value: string) => {
    const origin = parseOrigin(transport, value)
    if (origin === undefined)
      throw wrongArgument(field, 'an https origin, or one that `allowLoopback` names', value)
    return origin
  }
  const { handleResolver, plcDirectory } = options
  return {
    transport,
    plcDirectory: originOf('plcDirectory', plcDirectory ?? PLC_DIRECTORY),
    resolveTxt: options.resolveTxt ?? runtime.resolveTxt ?? dnsOverHttps(transport, DEFAULT_DNS_OVER_HTTPS),
    handleResolver: handleResolver === undefined ? undefined : originOf('handleResolver', handleResolver),
  }
}
