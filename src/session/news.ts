import type { Encounter } from '../dpop/dpop-fetch.ts'
import { type Hooks, report } from './deployment.ts'
import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'
import { notesOf } from './upkeep-notes.ts'

/** What may be news to an app. */
export type News<R extends BaseRecord> =
  /** What is known of a session now that it was read, and what was known before: nothing where it begins to be known. */
  | { readonly type: 'read'; readonly before: R | undefined; readonly record: R }
  | { readonly type: 'signed_out' }
  /** What a request met at a server. */
  | { readonly type: Encounter; readonly origin: string }

/** Tells an app what is news to it. */
export function tellNews<R extends BaseRecord>(hooks: Hooks, known: KnownSession<R>, news: News<R>): void {
  if (news.type === 'read') return tellRead(hooks, known, news)
  if (news.type === 'signed_out') return report(hooks, known.record, news)
  const { type, origin } = news
  // A proxy that drops the header drops it from each answer.
  if (type === 'nonce_missing' && !notesOf(known).tellOrigin(origin)) return
  const offsetMs = known.memory.clocks.offsetOf(origin)
  report(hooks, known.record, type === 'clock_offset_learned' ? { type, origin, offsetMs } : { type, origin })
}

function tellRead<R extends BaseRecord>(
  hooks: Hooks,
  known: KnownSession<R>,
  { before, record }: { readonly before: R | undefined; readonly record: R },
): void {
  const { status, reason, attempt } = record
  if (before && record.gen > before.gen && status === 'active') report(hooks, record, { type: 'refresh_adopted' })
  if (before?.status === 'active' && status === 'needs_reauth' && reason)
    report(hooks, record, { type: 'ended', reason })
  // Once of each attempt that no refresh of this process owns, and that stands there still.
  if (
    known.status !== 'uncertain' ||
    !attempt ||
    attempt.id !== known.record.attempt?.id ||
    !notesOf(known).tellAttempt(attempt.id)
  )
    return
  report(hooks, record, { type: 'uncertain' })
}
