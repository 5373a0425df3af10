import { findAccountServer } from '../discovery/account-server.ts'
import { provedHandle } from '../discovery/identity.ts'
import { parseAuthorizationServer } from '../discovery/server-schema.ts'
import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import {
  AtproofError,
  AuthorizationError,
  type AuthorizationErrorCode,
  type AuthorizationErrorFacts,
  withoutRetry,
} from '../errors.ts'
import { HOUR } from '../http/clock.ts'
import type { RequestLimits } from '../http/transport.ts'
import { hashText } from '../syntax/base64url.ts'
import { type CallbackParameters, parseCallback } from './callback-parameters.ts'
import { exchangeCode } from './exchange-code.ts'
import { revokeTokens } from './revoke-tokens.ts'
import { createServerClient, type Setup } from './setup.ts'
import type { SignedIn, SignInTokens } from './signed-in.ts'
import { parseSignIn, type SignIn, signInKey, spentKey } from './sign-in.ts'
import type { ServerClient } from './signed-form.ts'

/** Options of `callback`. */
export interface CallbackOptions {
  /** What `authorize` returned beside the URL, as this browser kept it. */
  readonly context: string
  readonly signal?: AbortSignal
}

/** A spent state is remembered for longer than its sign-in could have lived. */
const SPENT_LIFETIME_MS = 2 * HOUR

/**
 * Matches an authorization response to the sign-in that waits for it, spends the state, and exchanges the code.
 *
 * @throws AuthorizationError
 * @throws NetworkError, StorageError
 * @see https://atproto.com/specs/oauth#authorization-requests; RFC 9207 §2.4; RFC 9700 §4.7
 */
export async function finishSignIn(
  setup: Setup,
  input: string | URL | URLSearchParams,
  options: CallbackOptions,
): Promise<SignedIn> {
  const { context, signal } = options
  const parameters = parseCallback(input)
  const signIn = await takeSignIn(setup, parameters.state, context)
  const code = readCode(parameters, signIn)
  const client = await clientOf(setup, signIn)
  try {
    return await redeem(setup, client, signIn, code, { signal })
  } catch (error) {
    // The state is spent, and the code may be: whatever failed, the same callback cannot succeed later.
    throw error instanceof AtproofError ? withoutRetry(error, 'sign in again') : error
  }
}

async function redeem(
  setup: Setup,
  client: ServerClient,
  signIn: SignIn,
  code: string,
  limits: RequestLimits,
): Promise<SignedIn> {
  const tokens = await exchangeCode(client, signIn, code, limits)
  try {
    return { ...(await confirmAccount(setup, signIn, tokens, limits)), tokens, signIn, client }
  } catch (error) {
    // Nothing of it is kept; what the server granted is given back.
    await revokeTokens(client, signIn.revocationEndpoint, tokens)
    throw error
  }
}

/** Finds the sign-in of a state, for the browser that began it, and spends the state before anything is sent. */
async function takeSignIn({ storage, directory }: Setup, state: string, context: string): Promise<SignIn> {
  const hash = await hashText(state)
  const entry = await storage.get(signInKey(hash))
  if (!entry) {
    const isSpent = (await storage.get(spentKey(hash))) !== undefined
    throw new AuthorizationError(isSpent ? 'state_spent' : 'state_unknown', { field: 'state' })
  }
  const signIn = parseSignIn(entry.value)
  const now = directory.transport.clock.now()
  // A storage may forget late, or never.
  if (signIn.expiresAt <= now)
    throw new AuthorizationError('state_unknown', { field: 'state', state: signIn.state })
  // Before the state is spent: who only knows the state must not be able to end the sign-in of another.
  if ((await hashText(context)) !== signIn.contextHash) {
    throw new AuthorizationError('context_mismatch', { field: 'context', expected: 'the context of this sign-in' })
  }
  const spent = await storage.put(spentKey(hash), true, { ifVersion: null, expiresAt: now + SPENT_LIFETIME_MS })
  if (spent === undefined) throw new AuthorizationError('state_spent', { field: 'state', state: signIn.state })
  // The state is spent by now; a sign-in that stays behind is useless and expires.
  await storage.delete(signInKey(hash), { ifVersion: entry.version }).catch(() => {})
  return signIn
}

const CODES: Readonly<Record<string, AuthorizationErrorCode>> = { access_denied: 'access_denied' }

function readCode({ issuer, error, errorDescription, code }: CallbackParameters, signIn: SignIn): string {
  const { state } = signIn
  // RFC 9207 §2.4: also on error responses, or an attacker's server could speak for the right one.
  if (issuer !== signIn.issuer) {
    const facts = { field: 'iss', expected: signIn.issuer, found: issuer, state }
    throw new AuthorizationError(issuer === undefined ? 'issuer_missing' : 'callback_issuer_mismatch', facts)
  }
  if (error !== undefined) {
    const facts: AuthorizationErrorFacts = { field: 'error', found: error, detail: errorDescription, error, state }
    throw new AuthorizationError(CODES[error] ?? 'authorization_failed', facts)
  }
  if (code === undefined)
    throw new AuthorizationError('code_missing', { field: 'code', expected: 'a code', state })
  return code
}

async function clientOf(setup: Setup, signIn: SignIn): Promise<ServerClient> {
  const { authentication, random, directory } = setup
  const { clock } = directory.transport
  const { clientAuth: auth, issuer, state } = signIn
  if (!(await authentication.canActAs(auth))) {
    const expected = auth.method === 'none' ? 'a public client' : `the key ${auth.kid}`
    const action = `${auth.method === 'none' ? 'leave `keys` out' : `add the key ${auth.kid} to \`keys\``}, then sign in again`
    throw new AuthorizationError('client_key_missing', { field: 'keys', expected, state, action })
  }
  const signer = new DpopSigner(await DpopKey.fromStored(signIn.dpopKey), { clock, random })
  const tokenOrigin = new URL(signIn.tokenEndpoint).origin
  if (signIn.nonce !== undefined) signer.nonces.keep(tokenOrigin, signIn.nonce)
  signer.clocks.keep(tokenOrigin, signIn.clockOffset)
  return createServerClient(setup, { auth, signer, issuer })
}

/** Whose tokens these are: the account that was asked for, or one whose own server is the one that issued them. */
async function confirmAccount(
  { directory }: Setup,
  signIn: SignIn,
  tokens: SignInTokens,
  limits: RequestLimits,
): Promise<Pick<SignedIn, 'did' | 'handle' | 'pds'>> {
  const { did, pds, handle, state, issuer } = signIn
  if (did !== undefined && pds !== undefined) {
    if (tokens.sub === did) return { did, pds, handle }
    throw new AuthorizationError('wrong_account', { field: 'sub', expected: did, found: tokens.sub, state })
  }
  const { document, server } = await findAccountServer(directory, tokens.sub, limits)
  if (server.issuer !== issuer) {
    const facts = { field: 'issuer', expected: issuer, found: server.issuer, state }
    throw new AuthorizationError('account_issuer_mismatch', facts)
  }
  parseAuthorizationServer(directory.transport, server, document.pds)
  return { did: tokens.sub, pds: document.pds, handle: await provedHandle(directory, document, limits) }
}
