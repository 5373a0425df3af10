import { didOf } from '../session/record.ts'
import { keepCurrent } from './keep-current.ts'
import type { Tab } from './tab.ts'
import { tellTabs } from './tell-tabs.ts'

/** Makes a session the one in use in this browser, and tells the other tabs. */
export function takeIntoUse(tab: Tab, sessionId: string): void {
  keepCurrent(tab, sessionId)
  tellTabs(tab, { type: 'switched', sessionId, did: didOf(sessionId) })
}
