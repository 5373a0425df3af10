import { DpopKey } from '../dpop/key.ts'
import { DpopSigner } from '../dpop/signer.ts'
import { requestRevocation } from '../flow/request-revocation.ts'
import { createServerClient } from '../flow/setup.ts'
import type { ServerClient } from '../flow/signed-form.ts'
import type { Deployment } from './deployment.ts'
import { REVOCATION_TIMEOUT_MS } from './limits.ts'
import type { SessionRecord } from './record.ts'

/**
 * Revokes the tokens of a record that another sign-in has taken the place of, with their own keys. A deployment that
 * lacks the client key asks nobody.
 *
 * @param neighbour whoever signed in last: what it has learned of the server saves a request
 */
export async function giveBackRecord(
  deployment: Deployment,
  { clientAuth: auth, issuer, tokenEndpoint, revocationEndpoint, tokens, dpopKey }: SessionRecord,
  neighbour: ServerClient,
): Promise<void> {
  if (await deployment.authentication.findLack(auth)) return
  const { clock } = deployment.directory.transport
  const signer = new DpopSigner(await DpopKey.fromStored(dpopKey), { clock, random: deployment.random })
  const { origin } = new URL(tokenEndpoint)
  const nonce = neighbour.signer.nonces.recall(origin)
  if (nonce !== undefined) signer.nonces.keep(origin, nonce)
  const client = createServerClient(deployment, { auth, signer, issuer })
  await requestRevocation(client, revocationEndpoint, tokens, { timeoutMs: REVOCATION_TIMEOUT_MS })
}
