import { calculateThumbprint } from '../dpop/thumbprint.ts'
import { AuthorizationError } from '../errors/authorization-error.ts'
import type { ClientAuth } from '../flow/client/client-auth.ts'
import type { Lack } from '../flow/client/client-authentication.ts'
import type { PublicClientKey } from '../flow/client/client-keys.ts'
import type { Did } from '../syntax/did.ts'
import type { Deployment } from './deployment.ts'
import type { ForeignSession } from './foreign-session.ts'
import type { PortableRecord } from './portable-record.ts'
import { sessionError } from './session-error.ts'

/** Where an account is, and who guards it, as a sign-in finds it. */
export interface FoundAccount {
  readonly identity: { readonly handle: string | undefined; readonly pds: string } | undefined
  readonly server: {
    readonly issuer: string
    readonly tokenEndpoint: string
    readonly revocationEndpoint: string | undefined
  }
}

/** What importing a session of another library takes beside it. */
export interface ForeignHelp {
  /** The public halves of our client keys. */
  readonly keys: readonly PublicClientKey[]
  findAccount(did: Did): Promise<FoundAccount>
}

/**
 * Makes a record of another library's session: what that one did not note is looked up, once.
 *
 * @throws SessionError `client_key_missing`, before anything is looked up
 * @throws AuthorizationError `account_issuer_mismatch`
 * @throws IdentityError, DiscoveryError, NetworkError
 */
export async function recordOfForeign(
  deployment: Deployment,
  foreign: ForeignSession,
  { keys, findAccount }: ForeignHelp,
): Promise<PortableRecord> {
  const { sessionId, did, scope, accessToken, refreshToken, expiresAt, dpopKey } = foreign
  const clientAuth = await clientAuthOf(deployment, foreign, keys)
  const { identity, server } = await findAccount(did)
  const { issuer, tokenEndpoint, revocationEndpoint } = server
  if (!identity || issuer !== foreign.issuer) {
    const facts = { field: 'issuer', expected: foreign.issuer, found: issuer, action: 'sign in again' }
    throw new AuthorizationError('account_issuer_mismatch', facts)
  }
  return {
    schema: 1,
    sessionId,
    did,
    handle: identity.handle,
    issuer,
    tokenEndpoint,
    revocationEndpoint,
    pds: identity.pds,
    scope,
    tokens: { accessToken, refreshToken, expiresAt, lifetimeMs: undefined },
    dpopKey,
    clientAuth,
    gen: 1,
    checkedAt: deployment.transport.clock.now(),
    status: 'active',
    reason: undefined,
    // When it began is not known, nor when it ends: the server will say.
    createdAt: undefined,
    endsAt: undefined,
    attempt: null,
  }
}

/** The other library noted only the key's name: the rest is taken from the key of ours that has it. */
async function clientAuthOf(
  { metadata, authentication }: Deployment,
  { kid, sessionId, did }: ForeignSession,
  keys: readonly PublicClientKey[],
): Promise<ClientAuth> {
  const missing = (lack: Lack) => sessionError('client_key_missing', { sessionId, did, handle: undefined }, lack)
  const { client_id: clientId } = metadata
  const key = keys.find((each) => each.kid === kid)
  if (kid !== undefined && !key) {
    const action = `add the key ${kid} to \`keys\``
    throw missing({ field: 'keys', expected: `the key ${kid} that the session is bound to`, action })
  }
  const auth: ClientAuth = key
    ? { method: 'private_key_jwt', clientId, kid: key.kid, alg: key.alg, jkt: await calculateThumbprint(key) }
    : { method: 'none', clientId }
  const lack = await authentication.findLack(auth)
  if (lack) throw missing(lack)
  return auth
}
