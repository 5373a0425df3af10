import { StorageError } from '../errors/storage-error.ts'
import { type CallEngine, report } from './deployment.ts'
import { findSession } from './find-session.ts'
import type { KnownSession } from './known-session.ts'
import { listSessions } from './list-sessions.ts'
import { type BaseRecord, didOf } from './record.ts'

/**
 * Finds all sessions, or those of one account, in no order. One that cannot be read must not hide the others: it is left
 * out, the app is told of it, and `restore` says why.
 *
 * @throws StorageError `read_failed`
 * @throws TypeError for what is no DID
 */
export async function* findSessions<R extends BaseRecord>(
  deployment: CallEngine<R>,
  did: string | undefined,
): AsyncGenerator<KnownSession<R>, void, undefined> {
  for (const sessionId of await listSessions(deployment, did)) {
    const known = await findReadable(deployment, sessionId)
    if (known) yield known
  }
}

/** Finds the session of an account that began last. One whose beginning nobody noted is older than any other. */
export async function findNewest<R extends BaseRecord>(
  deployment: CallEngine<R>,
  did: string,
): Promise<KnownSession<R> | undefined> {
  let newest: KnownSession<R> | undefined
  for await (const known of findSessions(deployment, did)) {
    if (!newest || signedInAt(known) > signedInAt(newest)) newest = known
  }
  return newest
}

async function findReadable<R extends BaseRecord>(
  deployment: CallEngine<R>,
  sessionId: string,
): Promise<KnownSession<R> | undefined> {
  try {
    return await findSession(deployment, sessionId)
  } catch (error) {
    if (!(error instanceof StorageError) || error.code !== 'corrupt') throw error
    report(deployment, { sessionId, did: didOf(sessionId) }, { type: 'unreadable', error })
    return undefined
  }
}

function signedInAt({ record }: { readonly record: BaseRecord }): number {
  return record.createdAt ?? -Infinity
}
