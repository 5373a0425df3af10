import { DpopSigner, type ServerMemory } from '../dpop/signer.ts'
import { restoreKey } from '../dpop/signing-key.ts'
import { type Revocation, requestRevocation } from '../flow/request-revocation.ts'
import { createServerClient, type Setup } from '../flow/setup.ts'
import { REVOCATION_TIMEOUT_MS } from './call-limits.ts'
import type { Debt, SessionRecord } from './record.ts'

/** What is owed for the tokens of a record that nobody is to use any more. */
export function debtOf({ tokens, dpopKey, clientAuth, issuer, revocationEndpoint }: SessionRecord): Debt {
  const { refreshToken, accessToken } = tokens
  const token = refreshToken === undefined ? { accessToken } : { refreshToken }
  return { ...token, dpopKey, clientAuth, issuer, revocationEndpoint }
}

/**
 * Revokes what is owed, with the key that its tokens are bound to: a server answers 200 to any other, and revokes nothing.
 * A deployment that lacks the client key asks nobody.
 *
 * @param memory what is known of the servers already: it saves a request
 * @returns undefined where nobody was asked
 * @throws AuthorizationError for what cannot be signed
 */
export async function revokeOwed(
  setup: Pick<Setup, 'directory' | 'random' | 'authentication'>,
  { clientAuth: auth, issuer, revocationEndpoint, refreshToken, accessToken, dpopKey }: Debt,
  memory: ServerMemory | undefined,
): Promise<Revocation | undefined> {
  if (await setup.authentication.findLack(auth)) return undefined
  const key = await restoreKey(dpopKey).catch(() => undefined)
  if (!key) return { accepted: false, reason: "the session's DPoP key cannot be read" }
  const { clock } = setup.directory.transport
  const signer = new DpopSigner(key, { clock, random: setup.random }, memory)
  const client = createServerClient(setup, { auth, signer, issuer })
  const limits = { timeoutMs: REVOCATION_TIMEOUT_MS }
  return requestRevocation(client, revocationEndpoint, { refreshToken, accessToken }, limits)
}
