import type { Encounter } from '../dpop/dpop-fetch.ts'
import type { ClockOffsets } from '../dpop/clock-offsets.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import { type CallEngine, type Hooks, report } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'

/** Takes what was read into what is known, and tells the app what is news in it. */
export function takeStored<R extends BaseRecord>(
  deployment: CallEngine<R>,
  known: KnownSession<R>,
  { record, version }: { readonly record: R; readonly version: string },
): void {
  // A sign-in that only memory has: what stands there is for that one to judge.
  if (known.wayBack && !isSameSignIn(deployment, record, known.wayBack.fresh)) return
  const { status: before, gen } = known.record
  known.adopt(record, version)
  const { sessionId, did, status, reason } = known.record
  if (known.record.gen > gen && status === 'active')
    report(deployment, { type: 'refresh_adopted', sessionId, did })
  if (status === 'needs_reauth' && status !== before && reason)
    report(deployment, { type: 'ended', reason, sessionId, did })
  tellUncertain(deployment, known)
}

/** Tells the app once of each attempt that no refresh of this process owns. */
export function tellUncertain<R extends BaseRecord>(hooks: Hooks, known: KnownSession<R>): void {
  const { sessionId, did, attempt } = known.record
  if (known.status !== 'uncertain' || !attempt || !known.tellAttempt(attempt.id)) return
  report(hooks, { type: 'uncertain', sessionId, did })
}

/** Drops a session that was found to be signed out, and tells the app where that is news. */
export function dropSignedOut<R extends BaseRecord>(deployment: CallEngine<R>, known: KnownSession<R>): void {
  if (known.isGone) return
  const { sessionId, did } = known.record
  deployment.sessions.drop(sessionId)
  // Whoever signed out need not have known of a sign-in that only memory has: nobody else can give it back.
  if (known.wayBack) keepAlive(deployment, known.wayBack.giveBack())
  report(deployment, { type: 'signed_out', sessionId, did })
}

/** Tells the app what a request of a session met at a server. */
export function tellEncounter(
  hooks: Hooks,
  known: KnownSession,
  type: Encounter,
  at: { readonly origin: string; readonly clocks: ClockOffsets },
): void {
  const { origin, clocks } = at
  const { sessionId, did } = known.record
  const session = { sessionId, did, origin }
  if (type === 'clock_offset_learned') {
    return report(hooks, { type, offsetMs: clocks.offsetOf(origin), ...session })
  }
  // A proxy that drops the header drops it from each answer.
  if (type === 'nonce_missing' && !known.tellOrigin(origin)) return
  report(hooks, { type, ...session })
}
