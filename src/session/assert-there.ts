import type { KnownSession } from './known-session.ts'
import type { BaseRecord } from './record.ts'
import { sessionError } from './session-error.ts'

/** @throws SessionError `signed_out` */
export function assertThere<R extends BaseRecord>(known: KnownSession<R>): void {
  if (known.isGone) throw sessionError('signed_out', known.record)
}
