import { createDirectory } from './discovery/create-directory.ts'
import { wrongArgument } from './errors/wrong-argument.ts'
import { assertOptions, SIGNAL } from './flow/assert-options.ts'
import type { AuthorizationRequest, AuthorizeOptions } from './flow/authorize.ts'
import type { CallbackOptions } from './flow/finish-sign-in.ts'
import { declaredScope, findDocumentOption, tellClient } from './flow/client/client-options.ts'
import { parseClientKeys, type PublicClientKey } from './flow/client/client-keys.ts'
import type { ClientMetadata } from './flow/client/client-metadata.ts'
import { tellScopes, uniteScopes } from './flow/client/client-scope.ts'
import type { Revocation } from './flow/request-revocation.ts'
import { createSeal } from './flow/seal.ts'
import { sealedSignIns } from './flow/sealed-sign-ins.ts'
import { createTransport } from './http/create-transport.ts'
import { systemRandom } from './http/random.ts'
import { AccountSession } from './session/account-session.ts'
import { createDeployment } from './session/create-deployment.ts'
import type { Deployment } from './session/deployment.ts'
import type { ExportedSession } from './session/exported-session.ts'
import type { AtcuteStoredSession, AtprotoStoredSession } from './session/foreign-session.ts'
import type { KnownSession } from './session/known-session.ts'
import type { SessionRecord } from './session/record.ts'
import { findReturning } from './session/find-returning.ts'
import { findSession } from './session/find-session.ts'
import { findNewest, findSessions } from './session/find-sessions.ts'
import { signOut, signOutAll } from './session/sign-out.ts'
import { CLIENT_RULES, type LoadOptions, LOADING_RULES, type OAuthClientOptions } from './oauth-client-options.ts'
import { checkedStorage } from './storage/checked-storage.ts'
import { memoryStorage } from './storage/memory.ts'
import { isJsonObject } from './syntax/shape.ts'
import { XrpcClient } from './xrpc/xrpc-client.ts'
import type { SessionInfo } from './xrpc/session.ts'

/** What a callback gives. */
export interface CallbackResult {
  readonly client: XrpcClient
  /** The state that the app gave to `authorize`. */
  readonly state: string | undefined
}

/** Options of `importSession`. */
export interface ImportOptions {
  /** Ends the lookups of another library's session. */
  readonly signal?: AbortSignal | undefined
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
    assertOptions('options', options, CLIENT_RULES)
    const transport = createTransport(options)
    const scopes = tellScopes(options, declaredScope(options))
    const { metadata, authentication, jwks } = tellClient(options, uniteScopes(scopes), transport.clock)
    this.clientMetadata = metadata
    this.jwks = jwks
    const storage = options.storage ?? memoryStorage({ clock: transport.clock })
    this.#deployment = createDeployment({
      metadata,
      authentication,
      directory: createDirectory(transport, options),
      storage: checkedStorage(storage, transport.clock),
      rawStorage: storage,
      random: options.random ?? systemRandom,
      seal: options.sealKeys && sealedSignIns(createSeal(options.sealKeys)),
      ...scopes,
      onEvent: options.onEvent,
      waitUntil: options.waitUntil,
    })
  }

  /**
   * Makes a client of one's own client metadata document, so that what a server-side app serves is all there is to
   * configure: the id, the redirect URIs, the scope and how it is shown come from there. A document says what may be
   * asked for, and not when: what it declares is asked for as a whole, unless `scope` says less. Where it declares
   * transition scopes beside those of single resources, the transition scopes are the `fallbackScope`.
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
    const said = isJsonObject(options) ? findDocumentOption(options) : undefined
    if (said !== undefined) throw wrongArgument(said, 'nothing: the document says it', 'an option')
    assertOptions('options', options, LOADING_RULES)
    const { signal, ...rest } = options
    const keys = rest.keys && parseClientKeys(rest.keys)
    const { loadClientDocument } = await import('./flow/client/load-client-document.ts')
    const clientMetadata = await loadClientDocument(createTransport(rest), url, { keys, signal })
    return new OAuthClient({ ...rest, clientMetadata })
  }

  /**
   * Begins a sign-in: finds the account's server and pushes the signed request to it.
   *
   * With a client of a session, ended or not, its account signs in again, and the callback leads back into the same
   * `sessionId`: every client of the session, in other processes too, goes on with the new tokens, and the old ones are
   * revoked. The account is looked up anew, so that one which has moved signs in where it lives now. Another account at
   * the callback is `wrong_account`. A session that is signed out by then stays so: the sign-in makes a new one.
   *
   * @param identifier a handle with or without `@`, a DID, the URL of a PDS or authorization server, or a client of a session
   *   of this storage
   * @example
   * if (client.session.status === 'needs_reauth') await oauth.authorize(client)
   * @throws IdentityError, DiscoveryError, AuthorizationError, NetworkError, StorageError
   * @throws TypeError for a `redirectUri` that is not the client's, and for a client that has no session of this storage
   * @see https://atproto.com/specs/oauth#authorization-requests
   */
  async authorize(identifier: string | XrpcClient, options: AuthorizeOptions = {}): Promise<AuthorizationRequest> {
    const whom = typeof identifier === 'string' ? identifier : findReturning(this.#deployment, identifier)
    // Behind a door: schemas and DID parsing are loaded only where somebody signs in.
    const [{ authorize }, { readAuthorizeOptions }] = await Promise.all([
      import('./flow/authorize.ts'),
      import('./flow/authorize-options.ts'),
    ])
    const client = { ...this.#deployment, metadata: this.clientMetadata }
    return authorize(this.#deployment, whom, readAuthorizeOptions(client, options))
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
    // Both before the code is spent: a part that cannot be loaded loses nothing.
    const [{ finishSignIn }, { startSession }] = await Promise.all([
      import('./flow/finish-sign-in.ts'),
      import('./session/start-session.ts'),
    ])
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
    const newest = await findNewest(this.#deployment, did)
    return newest && this.#clientOf(newest)
  }

  /**
   * All sessions of the storage, in no order, without their secrets. One that cannot be read is left out, and an event
   * says so.
   *
   * @throws StorageError `read_failed`
   */
  async *sessions(): AsyncGenerator<SessionInfo, void, undefined> {
    for await (const known of findSessions(this.#deployment, undefined)) yield known.info()
  }

  /**
   * Signs a session out: here in any case, and at the server as far as it takes it.
   *
   * @throws StorageError: the session is not signed out; where only the answer of the storage was lost, whether it is
   *   signed out is not known. Revoke it again: that is safe
   * @see RFC 7009
   */
  async revoke(sessionId: string): Promise<Revocation> {
    assertText('sessionId', 'the id of a session', sessionId)
    return (await signOut(this.#deployment, sessionId)) ?? { accepted: false, reason: 'there is no such session' }
  }

  /**
   * Signs all sessions of an account out. One that cannot be is no reason to leave the others.
   *
   * @throws AggregateError of StorageErrors: those sessions are not signed out; where only the answer of the storage was
   *   lost, whether they are is not known. Revoke them again: that is safe
   */
  async revokeAll(did: string): Promise<readonly Revocation[]> {
    return signOutAll(this.#deployment, did)
  }

  /**
   * Gives a session away, to go on with it elsewhere: the newest tokens that are known, and the private key, as plain
   * JSON. It is the one door for secrets: whoever has it can act as the account.
   *
   * Only one of the two may go on. Whoever imports goes on, and whoever exported stops: a refresh token works once, and
   * a server that sees it twice ends the session. So stop all processes of this storage first, and do not sign out here,
   * which would end the session there.
   *
   * @throws SessionError `signed_out`, also for a session that never was here; `key_cannot_leave` for a key that cannot
   *   be read, as `memoryStorage` and browsers keep it; `refresh_pending` while the answer to a refresh may still arrive here, for 6 minutes
   *   at most where its process has ended
   * @throws StorageError `read_failed`, `corrupt`
   * @throws TypeError for what is no id of a session
   */
  async exportSession(sessionId: string): Promise<ExportedSession> {
    assertText('sessionId', 'the id of a session', sessionId)
    const { exportSession } = await import('./session/export-session.ts')
    return exportSession(this.#deployment, sessionId)
  }

  /**
   * Takes a session over: one of `exportSession`, under its own id, or one as `@atproto/oauth-client-node` (0.5) or
   * `@atcute/oauth-node-client` (2) stores it. The client must be the one that signed the account in: its client id, and
   * for a confidential client the key of the session among `keys`.
   *
   * Nobody may use the session elsewhere from then on: you vouch for that, and, for another library's, for the same
   * client id. The same session can be imported again: what is here already is gone on with, and nothing is looked up.
   *
   * The first of the two libraries makes keys for ES256K, which only Node can sign with: in other runtimes such a session
   * is refused.
   *
   * An exported session is stored without any request. For another library's the account is looked up as at a sign-in,
   * and its issuer must be the session's. When it began is not noted there, so that `createdAt` and `endsAt` are
   * undefined, and `latest` takes it for older than any session that began here.
   *
   * @example
   * for (const [did, stored] of await oldStore.entries()) await oauth.importSession(stored)
   * @throws SessionError `client_key_missing`, `session_exists`; `signed_out` for one that was signed out here
   * @throws AuthorizationError `account_issuer_mismatch`; IdentityError, DiscoveryError, NetworkError
   * @throws StorageError: whether it was stored is not known, and importing it again is safe
   * @throws TypeError for anything else, or a session of another client id: it names the field, and shows no value
   */
  async importSession(
    data: ExportedSession | AtprotoStoredSession | AtcuteStoredSession,
    options: ImportOptions = {},
  ): Promise<XrpcClient> {
    assertOptions('options', options, { signal: SIGNAL })
    const { signal } = options
    signal?.throwIfAborted()
    const { importSession } = await import('./session/import-session.ts')
    const { directory } = this.#deployment
    const known = await importSession(this.#deployment, data, {
      keys: this.jwks.keys,
      findAccount: async (did) => {
        const { discoverServer } = await import('./discovery/discover-server.ts')
        const { parseIdentifier } = await import('./discovery/identifier.ts')
        return discoverServer(directory, await parseIdentifier(directory.transport, did), { signal })
      },
    })
    return this.#clientOf(known)
  }

  #clientOf(known: KnownSession): XrpcClient {
    return this.#clientOver(new AccountSession(this.#deployment, known))
  }

  #clientOver(session: AccountSession<SessionRecord>): XrpcClient {
    const { directory, random } = this.#deployment
    return new XrpcClient({ session, clock: directory.transport.clock, random })
  }
}

function assertText(name: string, expected: string, value: unknown): void {
  if (typeof value !== 'string') throw wrongArgument(name, expected, value)
}
