import { randomText } from '../http/random.ts'
import type { Did } from '../syntax/did.ts'
import type { Arrival } from './arrival.ts'
import { type Engine, report } from './deployment.ts'
import { addKnown } from './know-session.ts'
import type { KnownSession } from './known-session.ts'
import { type BaseRecord, createSessionId } from './record.ts'
import { signInAgain } from './sign-in-again.ts'
import { persist } from './store.ts'

/** Whose a sign-in is. */
export interface SignedInAccount {
  readonly did: Did
  /** The session that it began from. */
  readonly sessionId: string | undefined
}

/**
 * Makes a session of a sign-in, or leads it back into the session that it began from. A storage that fails does not undo
 * the sign-in: the session lives in memory, and storing it is tried again.
 */
export async function beginSession<R extends BaseRecord>(
  engine: Engine<R>,
  { did, sessionId }: SignedInAccount,
  arrival: Arrival<R>,
): Promise<KnownSession<R>> {
  const known = sessionId && (await signInAgain(engine, arrival.recordFor(sessionId), arrival))
  const begun = known || (await beginNew(engine, arrival, createSessionId(did, randomText(engine.random))))
  report(engine, begun.record, { type: 'signed_in', isAgain: begun === known })
  return begun
}

async function beginNew<R extends BaseRecord>(
  engine: Engine<R>,
  arrival: Arrival<R>,
  sessionId: string,
): Promise<KnownSession<R>> {
  const known = addKnown(engine, arrival.recordFor(sessionId), { isStored: false })
  arrival.begin(known)
  await persist(engine, known, null, (unwanted) => arrival.giveBack(unwanted.tokens))
  return known
}
