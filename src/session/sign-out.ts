import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import { StorageError } from '../errors.ts'
import { type Revocation, revokeToken } from '../flow/revoke-token.ts'
import { type Deployment, report } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import { REVOCATION_TIMEOUT_MS, TOMBSTONE_MS } from './limits.ts'
import { type Debt, isTombstone, parseStored, sessionKey, type SessionRecord, type Tombstone } from './record.ts'

/**
 * Row R26: signs a session out. First a tombstone takes the record's place, so that no refresh can store tokens over
 * it; then the refresh token is revoked, once; then the secrets go.
 *
 * @returns whether the server took it; undefined where there was no session
 * @throws StorageError: the session is not signed out
 */
export async function signOut(
  deployment: Deployment,
  sessionId: string,
  known: KnownSession | undefined,
): Promise<Revocation | undefined> {
  const { storage } = deployment
  const key = sessionKey(sessionId)
  for (;;) {
    const entry = await storage.get(key)
    const stored = entry && parseStored(key, entry.value)
    if (!entry || !stored) {
      known?.drop()
      return undefined
    }
    if (isTombstone(stored)) {
      known?.drop()
      return stored.owes ? payDebt(deployment, stored, entry.version) : undefined
    }
    // Memory may have newer tokens than a storage that failed.
    const newest = known && known.record.gen > stored.gen ? known.record : stored
    const tombstone: Tombstone = { ...nameOf(stored), signedOut: true, owes: debtOf(newest) }
    const version = await storage.put(key, tombstone, {
      ifVersion: entry.version,
      expiresAt: dayFromNow(deployment),
    })
    if (version === undefined) continue
    known?.drop()
    report(deployment, { type: 'signed_out', sessionId, did: stored.did })
    return payDebt(deployment, tombstone, version, await known?.signer())
  }
}

/**
 * Revokes what a tombstone owes, once, and strips its secrets. Whoever meets an unpaid one pays it.
 *
 * @param signer the session's key with the nonces it knows, where this process had the session in use
 */
export async function payDebt(
  deployment: Deployment,
  tombstone: Tombstone,
  ifVersion: string,
  signer?: DpopSigner,
): Promise<Revocation> {
  const revocation = tombstone.owes
    ? await pay(deployment, tombstone.owes, signer)
    : { accepted: false, reason: 'the session had no refresh token' }
  const paid: Tombstone = { ...tombstone, owes: null }
  const options = { ifVersion, expiresAt: dayFromNow(deployment) }
  try {
    await deployment.storage.put(sessionKey(tombstone.sessionId), paid, options)
  } catch (error) {
    // The session is signed out already; the next one who meets the tombstone strips it.
    if (!(error instanceof StorageError)) throw error
  }
  return revocation
}

async function pay(deployment: Deployment, debt: Debt, known: DpopSigner | undefined): Promise<Revocation> {
  const { directory, random, authentication } = deployment
  const { transport } = directory
  const { clientAuth: auth, issuer, revocationEndpoint, refreshToken, dpopKey } = debt
  if (!(await authentication.canActAs(auth))) return { accepted: false, reason: 'no client key fits' }
  const signer = known ?? new DpopSigner(await DpopKey.fromStored(dpopKey), { clock: transport.clock, random })
  const client = { transport, random, authentication, auth, signer, issuer }
  return revokeToken(client, revocationEndpoint, refreshToken, { timeoutMs: REVOCATION_TIMEOUT_MS })
}

function nameOf({ schema, sessionId, did, handle }: SessionRecord): Omit<Tombstone, 'signedOut' | 'owes'> {
  return { schema, sessionId, did, handle }
}

function debtOf(record: SessionRecord): Debt | null {
  const { tokens, dpopKey, clientAuth, issuer, revocationEndpoint } = record
  if (tokens.refreshToken === undefined) return null
  return { refreshToken: tokens.refreshToken, dpopKey, clientAuth, issuer, revocationEndpoint }
}

function dayFromNow({ directory }: Deployment): number {
  return directory.transport.clock.now() + TOMBSTONE_MS
}
