import { discoverServer } from '../discovery/discover-server.ts'
import { type Identifier, parseIdentifier } from '../discovery/identifier.ts'
import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import { NetworkError } from '../errors/network-error.ts'
import { withDeadline } from '../http/deadline.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { hashText } from '../syntax/base64url.ts'
import type { Did } from '../syntax/did.ts'
import type { PageOptions } from './authorization-parameters.ts'
import type { ScopeOption } from './client/client-scope.ts'
import { scopeText } from './client/scope-text.ts'
import { callHook } from './keep-alive.ts'
import { keepSignIn } from './kept-sign-in.ts'
import { AUTHORIZE_TIMEOUT_MS, SIGN_IN_LIFETIME_MS } from './limits.ts'
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
 * @param options of the right kinds: `readAuthorizeOptions` looks at what an app gave
 * @see https://atproto.com/specs/oauth#authorization-requests
 */
export async function authorize(
  setup: Setup,
  whom: string | ReturningAccount,
  options: AuthorizeOptions,
): Promise<AuthorizationRequest> {
  await prepare(setup)
  const { transport } = setup.directory
  const returning = typeof whom === 'string' ? undefined : whom
  // Before the time begins: what explains a mistake in it may have to be loaded.
  const identifier = await parseIdentifier(transport, typeof whom === 'string' ? whom : whom.did)
  const deadline = { timeoutMs: AUTHORIZE_TIMEOUT_MS, onTimeout, signal: options.signal }
  return withDeadline(transport.clock, deadline, (signal) =>
    begin(setup, { identifier, returning }, options, { signal }),
  )
}

/** Who is to sign in. */
interface Whom {
  readonly identifier: Identifier
  /** The session that the sign-in leads back into. */
  readonly returning: ReturningAccount | undefined
}

async function begin(
  setup: Setup,
  { identifier, returning }: Whom,
  options: AuthorizeOptions,
  limits: RequestLimits,
): Promise<AuthorizationRequest> {
  const { random, directory, storage } = setup
  const { transport } = directory
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
  const { issuer, tokenEndpoint, revocationEndpoint } = server
  tell({ step: 'server', issuer })

  // A key that a browser is to carry has to leave it.
  const key = await DpopKey.generate({ extractable: setup.seal !== undefined || !storage.keepsCryptoKeys })
  const clientAuth = await setup.authentication.choose({
    audience: issuer,
    algorithms: server.clientAlgorithms,
    dpopJkt: await key.thumbprint(),
    signal: limits.signal,
  })
  const signer = new DpopSigner(key, { clock: transport.clock, random })
  const client = createServerClient(setup, { auth: clientAuth, signer, issuer })
  // As it was typed, so that the page shows the person what they know themselves by.
  const typed = identifier.kind === 'server' ? undefined : identifier.typed
  const wish = {
    ...options,
    ...wishedScopes(setup, options),
    redirectUri: wishedRedirectUri(setup, options),
    loginHint: (returning && identity?.handle) ?? typed,
  }
  const { url, state, verifier, scope } = await requestAuthorization(client, server, wish, limits)
  tell({ step: 'pushed' })

  const tokenOrigin = new URL(tokenEndpoint).origin
  const context = await keepSignIn(setup, state, {
    schema: 1,
    issuer,
    tokenEndpoint,
    revocationEndpoint,
    did: identity?.did,
    handle: identity?.handle,
    pds: identity?.pds,
    sessionId: returning?.sessionId,
    redirectUri: wish.redirectUri,
    scope,
    verifier,
    dpopKey: await key.toStored(),
    clientAuth,
    nonce: signer.nonces.recall(tokenOrigin),
    clockOffset: signer.clocks.offsetOf(tokenOrigin),
    state: options.state,
    expiresAt: transport.clock.now() + SIGN_IN_LIFETIME_MS,
  })
  return { url, context, stateHash: await hashText(state) }
}

function onTimeout(): NetworkError {
  return new NetworkError('timeout', { expected: `a sign-in in ${AUTHORIZE_TIMEOUT_MS} ms` })
}

/** Where the page is to return to. */
export function wishedRedirectUri(
  { metadata }: Pick<Setup, 'metadata'>,
  { redirectUri }: Pick<AuthorizeOptions, 'redirectUri'>,
): string {
  return redirectUri ?? metadata.redirect_uris[0] ?? ''
}

/** What is to be asked for: whoever names a scope gets no more than that, unless a fallback is named too. */
export function wishedScopes(
  setup: Pick<Setup, 'scope' | 'fallbackScope'>,
  { scope, fallbackScope }: Pick<AuthorizeOptions, 'scope' | 'fallbackScope'>,
): { readonly scope: string; readonly fallbackScope: string | undefined } {
  const fallback = fallbackScope ?? (scope === undefined ? setup.fallbackScope : undefined)
  return { scope: scopeText(scope ?? setup.scope), fallbackScope: fallback && scopeText(fallback) }
}
