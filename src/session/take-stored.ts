import type { CallEngine } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'

/** Takes what was read into what is known, and has the app told what is news in it. */
export function takeStored<R extends BaseRecord>(
  { upkeep }: CallEngine<R>,
  known: KnownSession<R>,
  { record, version }: { readonly record: R; readonly version: string },
): void {
  // A sign-in that only memory has: what stands there is for that one to judge.
  if (known.wayBack?.isAnother(record)) return
  const before = known.record
  known.adopt(record, version)
  upkeep.tell(known, { type: 'read', before, record: known.record })
}

/** Drops a session that was found to be signed out, and has the app told where that is news. */
export function dropSignedOut<R extends BaseRecord>(engine: CallEngine<R>, known: KnownSession<R>): void {
  if (known.isGone) return
  engine.sessions.drop(known.sessionId)
  // Whoever signed out need not have known of a sign-in that only memory has: nobody else can give it back.
  known.wayBack?.letGo(engine)
  engine.upkeep.tell(known, { type: 'signed_out' })
}
