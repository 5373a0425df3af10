import { discoverServer } from '../discovery/discover-server.ts'
import { parseIdentifier } from '../discovery/identifier.ts'
import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import { NetworkError } from '../errors/network-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { withDeadline } from '../http/deadline.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { hashText } from '../syntax/base64url.ts'
import type { Did } from '../syntax/did.ts'
import { formatScope } from '../syntax/scopes/format-scope.ts'
import {
  assertOptions,
  BOOLEAN,
  FUNCTION,
  type OptionRule,
  SIGNAL,
  TEXT,
  TEXT_OR_TEXTS,
} from './assert-options.ts'
import type { PageOptions } from './authorization-parameters.ts'
import type { ScopeOption } from './client/client-scope.ts'
import { ownsRedirectUri } from './client/owns-redirect-uri.ts'
import { callHook } from './keep-alive.ts'
import { keepSignIn } from './kept-sign-in.ts'
import { AUTHORIZE_TIMEOUT_MS, MAX_SEALED_STATE_BYTES, SIGN_IN_LIFETIME_MS } from './limits.ts'
import { requestAuthorization } from './request-authorization.ts'
import { createServerClient, prepare, type Setup } from './setup.ts'

/** Options of `authorize`. */
export interface AuthorizeOptions extends PageOptions {
  /** The app's own text, handed back by `callback`. Never sent to the server. At most 1 KiB as JSON with `sealKeys`. */
  readonly state?: string | undefined
  /** What to ask for. @default the client's scope */
  readonly scope?: ScopeOption | undefined
  /** What to ask for instead, where the server refuses the scope. @default the client's, where `scope` is left out */
  readonly fallbackScope?: ScopeOption | undefined
  /** Where the page returns to. @default the client's first redirect URI */
  readonly redirectUri?: string | undefined
  /**
   * Looks everything up anew, though it was asked for a moment ago: for a handle or server that has just changed.
   *
   * @default false; true where a session signs in again
   */
  readonly fresh?: boolean | undefined
  /** Told what was just found, to show the person meanwhile. One that throws changes nothing. */
  readonly onProgress?: ((progress: SignInProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * What a sign-in has just found out, in this order. A DID begins with `identity`, the URL of a server with `server`. What
 * turned out to be out of date is looked up once more, and told once more.
 */
export type SignInProgress =
  /** The handle points to this account, which is still to say the same of the handle. */
  | { readonly step: 'handle'; readonly did: Did }
  /** Where the account lives. The handle is undefined until it is proved: where a DID was typed. */
  | {
      readonly step: 'identity'
      readonly did: Did
      readonly handle: string | undefined
      readonly pds: string
    }
  /** Origin of the authorization server, whose metadata was checked. */
  | { readonly step: 'server'; readonly issuer: string }
  /** The server took the request: its consent page can be shown. */
  | { readonly step: 'pushed' }

/** What each option must be, for those who write plain JavaScript. */
const OPTIONS: { readonly [Name in keyof AuthorizeOptions]-?: OptionRule } = {
  state: TEXT,
  prompt: TEXT_OR_TEXTS,
  locale: TEXT_OR_TEXTS,
  display: TEXT,
  responseMode: TEXT,
  scope: TEXT_OR_TEXTS,
  fallbackScope: TEXT_OR_TEXTS,
  redirectUri: TEXT,
  fresh: BOOLEAN,
  onProgress: FUNCTION,
  signal: SIGNAL,
}

/** Where to send the person, and what ties the callback to this browser. */
export interface AuthorizationRequest {
  readonly url: string
  /** For an HttpOnly cookie or sessionStorage. `callback` requires it. Valid for an hour. */
  readonly context: string
  /**
   * The SHA-256, as base64url, of the `state` that the callback will carry: a name to keep `context` under, where several
   * sign-ins are under way at once. No secret.
   */
  readonly stateHash: string
}

/** A session whose account is to sign in again, into that same session. */
export interface ReturningAccount {
  readonly did: Did
  readonly sessionId: string
}

/**
 * Finds the account's server, pushes the signed request to it, and keeps the sign-in for the callback.
 *
 * @param whom what somebody typed, or the session that the sign-in leads back into
 * @see https://atproto.com/specs/oauth#authorization-requests
 */
export async function authorize(
  setup: Setup,
  whom: string | ReturningAccount,
  options: AuthorizeOptions,
): Promise<AuthorizationRequest> {
  assertOptions('options', options, OPTIONS)
  assertState(setup, options)
  await prepare(setup)
  const deadline = { timeoutMs: AUTHORIZE_TIMEOUT_MS, onTimeout, signal: options.signal }
  return withDeadline(setup.directory.transport.clock, deadline, (signal) =>
    begin(setup, whom, options, { signal }),
  )
}

async function begin(
  setup: Setup,
  whom: string | ReturningAccount,
  options: AuthorizeOptions,
  limits: RequestLimits,
): Promise<AuthorizationRequest> {
  const { random, directory, storage } = setup
  const { transport } = directory
  const redirectUri = redirectUriOf(setup, options)
  const scopes = scopesOf(setup, options)
  const returning = typeof whom === 'string' ? undefined : whom
  const identifier = parseIdentifier(transport, typeof whom === 'string' ? whom : whom.did)
  // What ended a session may be that its account lives elsewhere by now.
  const fresh = options.fresh ?? returning !== undefined
  const tell = (progress: SignInProgress) => callHook(() => options.onProgress?.(progress))
  const { identity, server } = await discoverServer(
    directory,
    identifier,
    { ...limits, fresh },
    {
      onDid: (did) => tell({ step: 'handle', did }),
      onAccount: ({ did, handle, pds }) => tell({ step: 'identity', did, handle, pds }),
    },
  )
  tell({ step: 'server', issuer: server.issuer })

  // A key that a browser is to carry has to leave it.
  const key = await DpopKey.generate({ extractable: setup.seal !== undefined || !storage.keepsCryptoKeys })
  const auth = await setup.authentication.choose({
    audience: server.issuer,
    algorithms: server.clientAlgorithms,
    dpopJkt: await key.thumbprint(),
    signal: limits.signal,
  })
  const signer = new DpopSigner(key, { clock: transport.clock, random })
  const client = createServerClient(setup, { auth, signer, issuer: server.issuer })
  // As it was typed, so that the page shows the person what they know themselves by.
  const typed = identifier.kind === 'server' ? undefined : identifier.typed
  const loginHint = (returning && identity?.handle) ?? typed
  const { prompt, locale, display, responseMode } = options
  const page = { prompt, locale, display, responseMode }
  const pending = await requestAuthorization(
    client,
    server,
    { ...scopes, ...page, redirectUri, loginHint },
    limits,
  )
  tell({ step: 'pushed' })

  const tokenOrigin = new URL(server.tokenEndpoint).origin
  const context = await keepSignIn(setup, pending.state, {
    schema: 1,
    issuer: server.issuer,
    tokenEndpoint: server.tokenEndpoint,
    revocationEndpoint: server.revocationEndpoint,
    did: identity?.did,
    handle: identity?.handle,
    pds: identity?.pds,
    sessionId: returning?.sessionId,
    redirectUri,
    scope: pending.scope,
    verifier: pending.verifier,
    dpopKey: await key.toStored(),
    clientAuth: auth,
    nonce: signer.nonces.recall(tokenOrigin),
    clockOffset: signer.clocks.offsetOf(tokenOrigin),
    state: options.state,
    expiresAt: transport.clock.now() + SIGN_IN_LIFETIME_MS,
  })
  return { url: pending.url, context, stateHash: await hashText(pending.state) }
}

function onTimeout(): NetworkError {
  return new NetworkError('timeout', { expected: `a sign-in in ${AUTHORIZE_TIMEOUT_MS} ms` })
}

/** Before anything is asked for: a context that no cookie can hold would be found out only after the server was asked. */
function assertState({ seal }: Setup, { state = '' }: AuthorizeOptions): void {
  const bytes = new TextEncoder().encode(JSON.stringify(state)).length
  if (!seal || bytes <= MAX_SEALED_STATE_BYTES) return
  throw wrongArgument(
    'state',
    `at most ${MAX_SEALED_STATE_BYTES} bytes as JSON, as the sealed context carries it`,
    `${bytes}`,
  )
}

function redirectUriOf({ metadata }: Setup, { redirectUri }: AuthorizeOptions): string {
  const uri = redirectUri ?? metadata.redirect_uris[0] ?? ''
  if (ownsRedirectUri(metadata, uri)) return uri
  throw wrongArgument('redirectUri', `one of ${metadata.redirect_uris.join(', ')}`, uri)
}

function scopesOf(setup: Setup, options: AuthorizeOptions): { scope: string; fallbackScope: string | undefined } {
  const scope = options.scope ?? setup.scope
  const fallbackScope = options.fallbackScope ?? (options.scope === undefined ? setup.fallbackScope : undefined)
  const declared = setup.metadata.scope.split(' ')
  return {
    scope: requireDeclared('scope', scope, declared),
    fallbackScope:
      fallbackScope === undefined ? undefined : requireDeclared('fallbackScope', fallbackScope, declared),
  }
}

/** Servers compare each scope of a request with the client's metadata, letter for letter. */
function requireDeclared(field: string, scope: ScopeOption, declared: readonly string[]): string {
  const text = formatScope(scope, field)
  const foreign = text.split(' ').find((token) => !declared.includes(token))
  if (foreign === undefined) return text
  throw wrongArgument(field, `scopes of the client's own "${declared.join(' ')}"`, foreign)
}
