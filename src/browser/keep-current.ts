import { didOf } from '../session/record.ts'
import { CURRENT } from './current-account.ts'
import { keepText } from './keep-text.ts'
import type { Tab } from './tab.ts'
import { tellTabs } from './tell-tabs.ts'

/** Notes which session is in use, for all tabs. */
export function keepCurrent(tab: Tab, sessionId: string): void {
  tab.current = sessionId
  keepText(tab, CURRENT, sessionId)
}

/** Tells the other tabs which session is in use, once it is noted. */
export function tellCurrent(tab: Tab, sessionId: string): void {
  tellTabs(tab, { type: 'switched', sessionId, did: didOf(sessionId) })
}
