import type { AtproofEvent } from '../session/events.ts'
import type { KnownSessions } from '../session/known-sessions.ts'
import type { Tab } from './tab.ts'
import { type TabEvent, tellTabs } from './tell-tabs.ts'

/**
 * The hook of an app, which tells the other tabs too, as far as it matters to them. It is for what changes sessions, and
 * is loaded with it: what a tab only finds in the storage, somebody told already.
 */
export function tellingTabs(
  tab: Tab,
  sessions: KnownSessions,
  onEvent: ((event: AtproofEvent) => void) | undefined,
): (event: AtproofEvent) => void {
  return (event) => {
    const { sessionId, did } = event
    const gen = sessions.get(sessionId)?.record.gen
    const type = typeOf(event, gen)
    if (type) tellTabs(tab, { type, sessionId, did, ...(gen !== undefined && { gen }) })
    onEvent?.(event)
  }
}

function typeOf(event: AtproofEvent, gen: number | undefined): TabEvent['type'] | undefined {
  const { type } = event
  // What is not stored yet, nobody else can read.
  if (type === 'stored') return gen === 1 ? 'signed_in' : 'refreshed'
  if (type === 'signed_in') return event.isAgain ? type : undefined
  return type === 'signed_out' || type === 'ended' ? type : undefined
}
