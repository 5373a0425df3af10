import type { Encounter } from '../dpop/dpop-fetch.ts'
import type { ClockOffsets } from '../dpop/clock-offsets.ts'
import { keepAlive } from '../flow/keep-alive.ts'
import { type Deployment, report } from './deployment.ts'
import { isSameSignIn } from './is-same-sign-in.ts'
import type { KnownSession } from './known-session.ts'
import { knownSessions } from './known-sessions.ts'
import type { SessionRecord } from './record.ts'

/** Takes what was read into what is known, and tells the app what is news in it. */
export function takeStored(
  deployment: Deployment,
  known: KnownSession,
  { record, version }: { readonly record: SessionRecord; readonly version: string },
): void {
  // A sign-in that only memory has: what stands there is for that one to judge.
  if (known.wayBack && !isSameSignIn(record, known.wayBack.fresh)) return
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
export function tellUncertain(deployment: Deployment, known: KnownSession): void {
  const { sessionId, did, attempt } = known.record
  if (known.status !== 'uncertain' || !attempt || !known.tellAttempt(attempt.id)) return
  report(deployment, { type: 'uncertain', sessionId, did })
}

/** Drops a session that was found to be signed out, and tells the app where that is news. */
export function dropSignedOut(deployment: Deployment, known: KnownSession): void {
  if (known.isGone) return
  const { sessionId, did } = known.record
  knownSessions(deployment.rawStorage).drop(sessionId)
  // Whoever signed out need not have known of a sign-in that only memory has: nobody else can give it back.
  if (known.wayBack) keepAlive(deployment, known.wayBack.giveBack())
  report(deployment, { type: 'signed_out', sessionId, did })
}

/** Tells the app what a request of a session met at a server. */
export function tellEncounter(
  deployment: Deployment,
  known: KnownSession,
  type: Encounter,
  at: { readonly origin: string; readonly clocks: ClockOffsets },
): void {
  const { origin, clocks } = at
  const { sessionId, did } = known.record
  const session = { sessionId, did, origin }
  if (type === 'clock_offset_learned') {
    return report(deployment, { type, offsetMs: clocks.offsetOf(origin), ...session })
  }
  // A proxy that drops the header drops it from each answer.
  if (type === 'nonce_missing' && !known.tellOrigin(origin)) return
  report(deployment, { type, ...session })
}
