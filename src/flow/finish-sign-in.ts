import { findAccountServer } from '../discovery/account-server.ts'
import { provedHandle } from '../discovery/identity.ts'
import { parseAuthorizationServer } from '../discovery/server-schema.ts'
import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import type { StoredDpopKey } from '../dpop/stored-key.ts'
import { AtproofError } from '../errors/atproof-error.ts'
import { AuthorizationError } from '../errors/authorization-error.ts'
import { NetworkError } from '../errors/network-error.ts'
import { withoutRetry } from '../errors/without-retry.ts'
import { withDeadline } from '../http/deadline.ts'
import type { RequestLimits } from '../http/exchange.ts'
import { readCode } from './authorization-response.ts'
import { parseCallback } from './callback-parameters.ts'
import { requestTokens } from './request-tokens.ts'
import { keepAlive } from './keep-alive.ts'
import { takeSignIn } from './kept-sign-in.ts'
import { CALLBACK_TIMEOUT_MS } from './limits.ts'
import { giveBackTokens } from './request-revocation.ts'
import { createServerClient, prepare, type Setup } from './setup.ts'
import type { SignedIn, SignInTokens } from './signed-in.ts'
import type { SignIn } from './sign-in.ts'
import type { ServerClient } from './signed-form.ts'

/** Options of `callback`. */
export interface CallbackOptions {
  /** What `authorize` returned beside the URL, as this browser kept it. */
  readonly context: string | undefined
  readonly signal?: AbortSignal | undefined
}

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
  const { context, signal } = options ?? {}
  if (!context) throw new AuthorizationError('context_missing', { field: 'context' })
  // Before the state is spent: whoever gave up before it began may begin again.
  signal?.throwIfAborted()
  await prepare(setup)
  const parameters = parseCallback(input)
  const signIn = await takeSignIn(setup, parameters.state, context)
  const code = readCode(parameters, signIn)
  const client = await clientOf(setup, signIn)
  try {
    const { clock } = setup.directory.transport
    return await withDeadline(clock, { timeoutMs: CALLBACK_TIMEOUT_MS, onTimeout, signal }, (stop) => {
      const redeeming = redeem(setup, client, signIn, code, { signal: stop })
      keepAlive(setup, redeeming)
      return redeeming
    })
  } catch (error) {
    // The state is spent, and the code may be: whatever failed, the same callback cannot succeed later.
    throw error instanceof AtproofError ? withoutRetry(error, 'sign in again') : error
  }
}

function onTimeout(): NetworkError {
  return new NetworkError('timeout', { expected: `the end of a sign-in in ${CALLBACK_TIMEOUT_MS} ms` })
}

async function redeem(
  setup: Setup,
  client: ServerClient,
  signIn: SignIn,
  code: string,
  limits: RequestLimits,
): Promise<SignedIn> {
  // Not ended with the waiting for it: tokens that come too late are still there to be given back.
  const tokens = await requestTokens(client, { ...signIn, code }, {})
  try {
    const account = await confirmAccount(setup, signIn, tokens, limits)
    // A key that a browser carried in its context: from here on it stays where it can be kept so that it never leaves.
    const dpopKey = setup.storage.keepsCryptoKeys ? await keepInside(signIn.dpopKey) : signIn.dpopKey
    // Nobody waits any more: what came too late is given back.
    limits.signal?.throwIfAborted()
    return { ...account, tokens, signIn: { ...signIn, dpopKey }, client }
  } catch (error) {
    // Nothing of it is kept; what the server granted is given back.
    await giveBackTokens(client, signIn.revocationEndpoint, tokens)
    throw error
  }
}

async function keepInside(stored: StoredDpopKey): Promise<StoredDpopKey> {
  return (await DpopKey.fromStored(stored)).toStored()
}

async function clientOf(setup: Setup, signIn: SignIn): Promise<ServerClient> {
  const { authentication, random, directory } = setup
  const { clock } = directory.transport
  const { clientAuth: auth, issuer, state } = signIn
  const lack = await authentication.findLack(auth)
  if (lack) {
    const action = `${lack.action}, then sign in again`
    throw new AuthorizationError('client_key_missing', { ...lack, state, action })
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
