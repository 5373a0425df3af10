import { wrongArgument } from '../errors/wrong-argument.ts'
import { type CallEngine, keyOf } from './deployment.ts'
import { type BaseRecord, isSessionId } from './record.ts'

/**
 * The ids of all sessions, or of one account's: those of the storage, and those that could not be stored yet. A signed-out
 * one may be among them.
 *
 * @throws StorageError `read_failed`
 * @throws TypeError for what is no DID
 */
export async function listSessions<R extends BaseRecord>(
  deployment: CallEngine<R>,
  did: string | undefined,
): Promise<readonly string[]> {
  if (did !== undefined && !did.startsWith('did:')) throw wrongArgument('did', 'a DID such as did:plc:…', did)
  const prefix = did === undefined ? '' : `${did}/`
  const ids = new Set<string>()
  for await (const key of deployment.storage.list(keyOf(deployment, prefix))) {
    const id = key.slice(deployment.kind.folder.length)
    // What is no id of ours was not put there by us, and hides nothing.
    if (isSessionId(id)) ids.add(id)
  }
  for (const { sessionId, wasStored, isGone } of deployment.sessions.all()) {
    if (!wasStored && !isGone && sessionId.startsWith(prefix)) ids.add(sessionId)
  }
  return [...ids]
}
