import type { SignedIn } from '../flow/signed-in.ts'
import { giveBackTokens } from '../flow/request-revocation.ts'
import { randomText } from '../http/random.ts'
import type { Deployment } from './deployment.ts'
import { KnownSession } from './known-session.ts'
import { knownSessions } from './known-sessions.ts'
import { PUBLIC_SESSION_MS } from './limits.ts'
import { OAuthSession } from './oauth-session.ts'
import { createSessionId, type SessionRecord } from './record.ts'
import { persist } from './store.ts'
import { tokensOf } from './tokens.ts'

/**
 * Makes a session of a sign-in. A storage that fails does not undo the sign-in: the session lives in memory, and storing
 * it is tried again.
 */
export async function startSession(deployment: Deployment, signedIn: SignedIn): Promise<OAuthSession> {
  const { did, handle, pds, tokens, signIn, client } = signedIn
  const { clock } = deployment.directory.transport
  const createdAt = clock.now()
  const record: SessionRecord = {
    schema: 1,
    sessionId: createSessionId(did, randomText(deployment.random)),
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
  const known = new KnownSession(record, { isStored: false, clock, random: deployment.random })
  known.useSigner(client.signer)
  knownSessions(deployment.rawStorage).add(known)
  await persist(deployment, known, null, (unwanted) =>
    giveBackTokens(client, signIn.revocationEndpoint, unwanted.tokens),
  )
  return new OAuthSession(deployment, known)
}
