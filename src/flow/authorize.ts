import { discoverServer } from '../discovery/discover-server.ts'
import { parseIdentifier } from '../discovery/identifier.ts'
import type { AuthorizationServer } from '../discovery/server-schema.ts'
import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import { AuthorizationError, NetworkError, StorageError, wrongArgument } from '../errors.ts'
import { SECOND } from '../http/clock.ts'
import { withDeadline } from '../http/deadline.ts'
import { randomText } from '../http/random.ts'
import type { RequestLimits } from '../http/transport.ts'
import { hashText } from '../syntax/base64url.ts'
import { ownsRedirectUri } from './client-metadata.ts'
import { calculateCodeChallenge } from './pkce.ts'
import { pushAuthorizationRequest } from './push-authorization-request.ts'
import { createServerClient, type Setup } from './setup.ts'
import { SIGN_IN_LIFETIME_MS, type SignIn, signInKey } from './sign-in.ts'

/** Options of `authorize`. */
export interface AuthorizeOptions {
  /** The app's own text, handed back by `callback`. Kept in the storage, never sent to the server. */
  readonly state?: string
  /** What the page should do: `login`, `consent`, `select_account`, `create`, `none`. */
  readonly prompt?: string
  /** The languages of the page, best first, separated by blanks: `ui_locales`. */
  readonly locale?: string
  /** What to ask for. @default the client's scope */
  readonly scope?: string
  /** Where the page returns to. @default the client's first redirect URI */
  readonly redirectUri?: string
  readonly signal?: AbortSignal
}

/** Where to send the person, and what ties the callback to this browser. */
export interface AuthorizationRequest {
  readonly url: string
  /** For an HttpOnly cookie or sessionStorage. `callback` requires it. Valid for an hour. */
  readonly context: string
}

/** How long the way to the consent page may take in all, in ms. */
export const AUTHORIZE_TIMEOUT_MS: number = 30 * SECOND

/**
 * Finds the account's server, pushes the signed request to it, and stores the sign-in for the callback.
 *
 * @see https://atproto.com/specs/oauth#authorization-requests
 */
export function authorize(setup: Setup, input: string, options: AuthorizeOptions): Promise<AuthorizationRequest> {
  const onTimeout = () => new NetworkError('timeout', { expected: `a sign-in in ${AUTHORIZE_TIMEOUT_MS} ms` })
  const deadline = { timeoutMs: AUTHORIZE_TIMEOUT_MS, onTimeout, signal: options.signal }
  return withDeadline(setup.directory.transport.clock, deadline, (signal) =>
    begin(setup, input, options, { signal }),
  )
}

async function begin(
  setup: Setup,
  input: string,
  options: AuthorizeOptions,
  limits: RequestLimits,
): Promise<AuthorizationRequest> {
  const { transport } = setup.directory
  const redirectUri = options.redirectUri ?? setup.metadata.redirect_uris[0] ?? ''
  if (!ownsRedirectUri(setup.metadata, redirectUri)) {
    throw wrongArgument('redirectUri', `one of ${setup.metadata.redirect_uris.join(', ')}`, redirectUri)
  }
  const scope = options.scope ?? setup.metadata.scope
  assertScope(scope, setup.metadata.scope)
  if (options.prompt === 'none' && setup.metadata.token_endpoint_auth_method === 'none') {
    throw new AuthorizationError('prompt_unsupported', {
      field: 'prompt',
      expected: 'a confidential client for it',
      found: options.prompt,
    })
  }
  const identifier = parseIdentifier(transport, input)
  const { identity, server } = await discoverServer(setup.directory, identifier, limits)
  assertPrompt(server, options.prompt)

  const key = await DpopKey.generate({ extractable: !setup.storage.keepsCryptoKeys })
  const auth = await setup.authentication.choose()
  const signer = new DpopSigner(key, { clock: transport.clock, random: setup.random })
  const { random } = setup
  const client = createServerClient(setup, { auth, signer, issuer: server.issuer })
  const [state, verifier, context] = [randomText(random), randomText(random), randomText(random)]
  const requestUri = await pushAuthorizationRequest(
    client,
    server.parEndpoint,
    {
      response_type: 'code',
      code_challenge: await calculateCodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      redirect_uri: redirectUri,
      scope,
      // As it was typed, so that the page shows the person what they know themselves by.
      login_hint: identifier.kind === 'server' ? undefined : input.trim().replace(/^@/, ''),
      prompt: options.prompt,
      ui_locales: options.locale,
    },
    limits,
  )
  const tokenOrigin = new URL(server.tokenEndpoint).origin
  const expiresAt = transport.clock.now() + SIGN_IN_LIFETIME_MS
  const signIn: SignIn = {
    schema: 1,
    issuer: server.issuer,
    tokenEndpoint: server.tokenEndpoint,
    revocationEndpoint: server.revocationEndpoint,
    did: identity?.did,
    handle: identity?.handle,
    pds: identity?.pds,
    redirectUri,
    verifier,
    dpopKey: await key.toStored(),
    clientAuth: auth,
    contextHash: await hashText(context),
    nonce: signer.nonces.recall(tokenOrigin),
    clockOffset: signer.clocks.offsetOf(tokenOrigin),
    state: options.state,
    expiresAt,
  }
  const storageKey = signInKey(await hashText(state))
  if ((await setup.storage.put(storageKey, signIn, { ifVersion: null, expiresAt })) === undefined) {
    throw new StorageError('write_failed', { field: 'signin', expected: 'a put where nothing stands' })
  }
  return { url: authorizationUrl(server, setup.metadata.client_id, requestUri), context }
}

/** RFC 9126 §4: nothing but the client id and the reference; a query that the endpoint has stays. */
function authorizationUrl(server: AuthorizationServer, clientId: string, requestUri: string): string {
  const url = new URL(server.authorizationEndpoint)
  url.searchParams.set('client_id', clientId)
  url.searchParams.set('request_uri', requestUri)
  return url.href
}

/** Servers compare a request's scopes with the client's metadata, each as a string. */
function assertScope(scope: string, own: string): void {
  const tokens = scope.split(' ')
  const known = own.split(' ')
  if (tokens.includes('atproto') && tokens.every((token) => known.includes(token))) return
  throw wrongArgument('scope', `\`atproto\` and what else of the client's own scope "${own}" is wanted`, scope)
}

function assertPrompt({ promptValues, issuer }: AuthorizationServer, prompt: string | undefined): void {
  if (prompt === undefined || !promptValues || promptValues.includes(prompt)) return
  throw new AuthorizationError('prompt_unsupported', {
    url: issuer,
    field: 'prompt',
    expected: `one of ${promptValues.join(', ')}`,
    found: prompt,
  })
}
