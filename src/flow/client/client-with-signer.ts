import { calculateThumbprint } from '../../dpop/thumbprint.ts'
import { AtproofError } from '../../errors/atproof-error.ts'
import { AuthorizationError } from '../../errors/authorization-error.ts'
import type { Clock } from '../../http/clock.ts'
import { withDeadline } from '../../http/deadline.ts'
import type { SignedAssertion } from './client-assertion.ts'
import type { ClientAuth, KeyAuth } from './client-auth.ts'
import {
  assertionParameters,
  type AssertionFacts,
  type ChoiceFacts,
  type ClientAuthentication,
  type Lack,
  lackError,
  lackOfKey,
  lackOfPublicClient,
} from './client-authentication.ts'
import type { PublicClientKey } from './client-keys.ts'
import { SIGNER_TIMEOUT_MS } from '../limits.ts'
import { clientDeploymentError } from './client-deployment-error.ts'
import { readAssertion } from './read-assertion.ts'

/** What a remote signer is asked for. */
export interface AssertionRequest {
  /** The issuer of the authorization server: the `aud`. */
  readonly audience: string
  /** The client to speak for: `iss` and `sub`. */
  readonly clientId: string
  /** The thumbprint of the session's DPoP key, for a signer that binds its assertion to it (`cnf.jkt`). */
  readonly dpopJkt: string
  /** The key that the session is bound to, and its algorithm. Left out at a sign-in: the signer chooses. */
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  /** Aborts once nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/**
 * Signs client assertions elsewhere: in a KMS, or on an app's backend. Each is asked for anew, sent once, and must have
 * a `jti` that it never had.
 */
export type SignAssertion = (request: AssertionRequest) => Promise<SignedAssertion>

/** What a client with a remote signer needs beside it. */
export interface ClientWithSignerOptions {
  readonly clock: Clock
  /** The keys that the client's metadata serves, where it serves them itself. */
  readonly keys: readonly PublicClientKey[] | undefined
}

/** So many of the newest assertions are remembered, to meet a signer that hands one out twice. */
const REMEMBERED_IDS = 1000

/** A confidential client whose keys are elsewhere. */
export function clientWithSigner(
  clientId: string,
  signAssertion: SignAssertion,
  { clock, keys }: ClientWithSignerOptions,
): ClientAuthentication {
  /** The assertion that came with the choice of a key: it is the one of the first sending. */
  const first = new WeakMap<
    ClientAuth,
    { readonly assertion: string; readonly audience: string; readonly dpopJkt: string }
  >()
  const usedIds = new Set<string>()
  return {
    prepare: async () => {},
    choose,
    findLack,
    parametersFor,
  }

  async function choose({ audience, dpopJkt, algorithms, signal }: ChoiceFacts): Promise<ClientAuth> {
    const { assertion, kid, alg, jkt } = await ask({ audience, clientId, dpopJkt }, signal)
    const auth: KeyAuth = { method: 'private_key_jwt', clientId, kid, alg, jkt }
    if (!algorithms.includes(alg)) {
      throw new AuthorizationError('client_key_missing', {
        url: audience,
        field: 'alg',
        expected: `one of ${algorithms.join(', ')}`,
        found: alg,
        action: 'let `signAssertion` sign with an algorithm that the server verifies',
      })
    }
    first.set(auth, { assertion, audience, dpopJkt })
    return auth
  }

  /** What the signer has is known only once it is asked; what the metadata serves is known beforehand. */
  async function findLack(auth: ClientAuth): Promise<Lack | undefined> {
    if (auth.method === 'none') return lackOfPublicClient('signAssertion')
    if (!keys) return undefined
    const { kid } = auth
    const lack = {
      ...lackOfKey(auth),
      field: 'jwks',
      action: `add the public half of the key ${kid} back to \`jwks\``,
    }
    const served = keys.find((key) => key.kid === kid)
    if (!served) return lack
    const jkt = await calculateThumbprint(served)
    if (jkt !== auth.jkt) return { ...lack, found: `another key ${kid}, with the thumbprint ${jkt}` }
    return served.alg === auth.alg ? undefined : { ...lack, found: `a key ${kid} for ${served.alg}` }
  }

  async function parametersFor(
    auth: ClientAuth,
    { audience, dpopJkt, signal }: AssertionFacts,
  ): Promise<Readonly<Record<string, string>>> {
    const lack = await findLack(auth)
    if (lack || auth.method === 'none') throw lackError(lack ?? lackOfPublicClient('signAssertion'))
    const chosen = first.get(auth)
    first.delete(auth)
    if (chosen?.audience === audience && chosen.dpopJkt === dpopJkt) {
      return assertionParameters(auth.clientId, chosen.assertion)
    }
    const { clientId: issuer, kid, alg, jkt } = auth
    const answer = await ask({ audience, clientId: issuer, dpopJkt, kid, alg }, signal)
    if (answer.kid !== kid || answer.alg !== alg || answer.jkt !== jkt) {
      const found = `the ${answer.alg} key ${answer.kid} with the thumbprint ${answer.jkt}`
      const action = `let \`signAssertion\` sign with the key ${kid} again`
      throw lackError({ ...lackOfKey(auth, found), field: 'signAssertion', action })
    }
    return assertionParameters(issuer, answer.assertion)
  }

  async function ask(
    request: Omit<AssertionRequest, 'signal'>,
    callersSignal: AbortSignal | undefined,
  ): Promise<SignedAssertion> {
    const deadline = { timeoutMs: SIGNER_TIMEOUT_MS, onTimeout, signal: callersSignal }
    const answer = await withDeadline(clock, deadline, (signal) => callSigner({ ...request, signal }))
    const { id, ...signed } = readAssertion(answer, request)
    if (usedIds.has(id)) {
      // A server takes it for a replay, and a refresh that is answered so looks like the end of a session.
      throw clientDeploymentError('assertion_invalid', { field: 'jti', expected: 'one that was not used before' })
    }
    remember(id)
    return signed
  }

  async function callSigner(request: AssertionRequest): Promise<unknown> {
    try {
      return await signAssertion(request)
    } catch (cause) {
      throw signerFailed(cause)
    }
  }

  function remember(id: string): void {
    usedIds.add(id)
    const [oldest] = usedIds
    if (usedIds.size > REMEMBERED_IDS && oldest !== undefined) usedIds.delete(oldest)
  }
}

function onTimeout(): AuthorizationError {
  return new AuthorizationError('signer_failed', {
    field: 'signAssertion',
    expected: `an answer in ${SIGNER_TIMEOUT_MS} ms`,
  })
}

/** Only our own errors are known to hold no secret. Of any other the name is told, where it is one. */
function signerFailed(cause: unknown): AuthorizationError {
  const name = cause instanceof Error ? cause.name : typeof cause
  return new AuthorizationError('signer_failed', {
    field: 'signAssertion',
    expected: 'an assertion',
    found: /^[A-Za-z]{1,40}$/.test(name) ? name : 'an error',
    cause: cause instanceof AtproofError ? cause : undefined,
  })
}
