import { giveBackTokens } from '../flow/request-revocation.ts'
import type { SignedIn } from '../flow/signed-in.ts'
import { randomText } from '../http/random.ts'
import { type Deployment, report } from './deployment.ts'
import { addKnown } from './know-session.ts'
import type { KnownSession } from './known-session.ts'
import { PUBLIC_SESSION_MS } from './limits.ts'
import { OAuthSession } from './oauth-session.ts'
import { createSessionId, type SessionRecord } from './record.ts'
import { signInAgain } from './sign-in-again.ts'
import { persist } from './store.ts'
import { tokensOf } from './tokens.ts'

/**
 * Makes a session of a sign-in, or leads it back into the session that it began from. A storage that fails does not undo
 * the sign-in: the session lives in memory, and storing it is tried again.
 */
export async function startSession(deployment: Deployment, signedIn: SignedIn): Promise<OAuthSession> {
  const { did, signIn, client } = signedIn
  if (signIn.sessionId !== undefined) {
    const known = await signInAgain(deployment, recordOf(deployment, signedIn, signIn.sessionId), client)
    if (known) return begin(deployment, known, { isAgain: true })
  }
  const record = recordOf(deployment, signedIn, createSessionId(did, randomText(deployment.random)))
  const known = addKnown(deployment, record, { isStored: false })
  known.useSigner(client.signer)
  await persist(deployment, known, null, (unwanted) =>
    giveBackTokens(client, signIn.revocationEndpoint, unwanted.tokens),
  )
  return begin(deployment, known, { isAgain: false })
}

function begin(
  deployment: Deployment,
  known: KnownSession,
  { isAgain }: { readonly isAgain: boolean },
): OAuthSession {
  const { sessionId, did } = known.record
  report(deployment, { type: 'signed_in', isAgain, sessionId, did })
  return new OAuthSession(deployment, known)
}

function recordOf(
  { directory }: Deployment,
  { did, handle, pds, tokens, signIn }: SignedIn,
  sessionId: string,
): SessionRecord {
  const createdAt = directory.transport.clock.now()
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
