import { wrongArgument } from '../errors/wrong-argument.ts'
import { Client } from '../xrpc/client.ts'
import type { Deployment } from './deployment.ts'
import type { BaseRecord } from './record.ts'

/**
 * The account of a client whose session is to be led back into. A client made elsewhere may have anything for its session:
 * one of ours is known to this process.
 *
 * @throws TypeError for anything else
 */
export function findReturning(
  { sessions }: Pick<Deployment, 'sessions'>,
  client: unknown,
): Pick<BaseRecord, 'did' | 'sessionId'> {
  const info = client instanceof Client ? client.session : undefined
  const known = info && sessions.get(info.sessionId)
  if (known) return { did: known.record.did, sessionId: known.sessionId }
  const expected = 'a handle, a DID, or the URL of a server; or a client over a session of this storage'
  throw wrongArgument('identifier', expected, client)
}
