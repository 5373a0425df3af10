import { giveBackTokens } from '../flow/request-revocation.ts'
import type { SignedIn } from '../flow/signed-in.ts'
import { AccountSession } from './account-session.ts'
import { beginSession } from './begin-session.ts'
import type { Deployment } from './deployment.ts'
import { PUBLIC_SESSION_MS } from './limits.ts'
import type { SessionRecord } from './record.ts'
import { tokensOf } from './tokens.ts'

/** Makes a session of a sign-in with OAuth, or leads it back into the session that it began from. */
export async function startSession(
  deployment: Deployment,
  signedIn: SignedIn,
): Promise<AccountSession<SessionRecord>> {
  const { did, signIn, client } = signedIn
  const known = await beginSession(
    deployment,
    { did, sessionId: signIn.sessionId },
    {
      recordFor: (sessionId) => recordOf(deployment, signedIn, sessionId),
      // The key has met its server already.
      begin: (session) => session.useSigner(client.signer),
      memory: client.signer.memory,
      giveBack: (tokens) => giveBackTokens(client, signIn.revocationEndpoint, tokens),
    },
  )
  return new AccountSession(deployment, known)
}

function recordOf(
  { transport }: Deployment,
  { did, handle, pds, tokens, signIn }: SignedIn,
  sessionId: string,
): SessionRecord {
  const createdAt = transport.clock.now()
  return {
    schema: 1,
    sessionId,
    did,
    handle,
    issuer: signIn.issuer,
    tokenEndpoint: signIn.tokenEndpoint,
    revocationEndpoint: signIn.revocationEndpoint,
    pds,
    scope: tokens.scope,
    tokens: tokensOf(tokens, tokens.requestedAt),
    dpopKey: signIn.dpopKey,
    clientAuth: signIn.clientAuth,
    gen: 1,
    checkedAt: createdAt,
    status: 'active',
    reason: undefined,
    createdAt,
    endsAt: signIn.clientAuth.method === 'none' ? createdAt + PUBLIC_SESSION_MS : undefined,
    attempt: null,
  }
}
