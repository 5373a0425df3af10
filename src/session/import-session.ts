import { DpopKey } from '../dpop/key.ts'
import type { PrivateJwk, StoredDpopKey } from '../dpop/stored-key.ts'
import { StorageError } from '../errors/storage-error.ts'
import { wrongArgument } from '../errors/wrong-argument.ts'
import { wrongKind } from '../flow/assert-options.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { Deployment } from './deployment.ts'
import { EXPORT_FORMAT } from './exported-session.ts'
import { findSession } from './find-session.ts'
import { type ForeignHelp, recordOfForeign } from './foreign-record.ts'
import { parseForeign } from './foreign-session.ts'
import { knowSession } from './know-session.ts'
import type { KnownSession } from './known-session.ts'
import { parseExported } from './parse-exported.ts'
import type { PortableRecord } from './portable-record.ts'
import { sessionKey } from './record.ts'
import { serverSessionError } from './server-session-error.ts'
import { sessionError } from './session-error.ts'

/**
 * Takes a session over that was exported, or that another library stored.
 *
 * @throws TypeError for what is neither, and for a session of another client
 * @throws SessionError `client_key_missing`, `signed_out`, `session_exists`
 * @throws AuthorizationError `account_issuer_mismatch`; IdentityError, DiscoveryError, NetworkError: for another library's
 *   session
 * @throws StorageError `read_failed`, `write_failed`, `corrupt`
 */
export async function importSession(
  deployment: Deployment,
  data: unknown,
  help: ForeignHelp,
): Promise<KnownSession> {
  if (!isJsonObject(data)) throw wrongKind('data', 'an object (JSON.parse it, where it comes as text)', data)
  if (data['format'] === EXPORT_FORMAT) return store(deployment, await readExported(deployment, data))
  const foreign = await parseForeign(data)
  const known = await findSession(deployment, foreign.sessionId)
  return known ?? store(deployment, await recordOfForeign(deployment, foreign, help))
}

async function readExported(deployment: Deployment, data: unknown): Promise<PortableRecord> {
  const record = parseExported(deployment.transport, data)
  const { clientAuth } = record
  const { client_id: clientId } = deployment.metadata
  if (clientAuth.clientId !== clientId) {
    throw wrongArgument('data.clientAuth.clientId', `the id of this client, ${clientId}`, clientAuth.clientId)
  }
  const lack = await deployment.authentication.findLack(clientAuth)
  if (lack) throw sessionError('client_key_missing', record, lack)
  return record
}

/** Where nothing stands. What does is gone on with, if it is not older: importing twice changes nothing. */
async function store(deployment: Deployment, portable: PortableRecord): Promise<KnownSession> {
  const { sessionId, gen } = portable
  const record = { ...portable, dpopKey: await keptKey(deployment, portable.dpopKey) }
  const version = await deployment.storage.put(sessionKey(sessionId), record, { ifVersion: null })
  // Not read again: a reading that began before would be shared, and has not seen it.
  if (version !== undefined) return knowSession(deployment, { record, version })
  const known = await findSession(deployment, sessionId)
  if (!known) throw sessionError('signed_out', portable)
  if (known.record.gen >= gen) return known
  const facts = { field: 'gen', expected: `at most ${known.record.gen}`, found: gen }
  throw serverSessionError('session_exists', portable, facts)
}

/** A key that came as text goes where it cannot be read any more, if the storage has such a place. */
async function keptKey({ storage }: Deployment, jwk: PrivateJwk): Promise<StoredDpopKey> {
  const key = await DpopKey.fromStored(jwk).catch((error: unknown) => {
    if (!(error instanceof StorageError)) throw error
    throw wrongArgument('data', error.expected ?? 'a private key', `another ${jwk.crv} key`)
  })
  return storage.keepsCryptoKeys ? key.toStored() : jwk
}
