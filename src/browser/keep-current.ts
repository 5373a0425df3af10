import { CURRENT } from './current-account.ts'
import { keepText } from './keep-text.ts'
import type { Tab } from './tab.ts'

/** Notes which session is in use, for all tabs. */
export function keepCurrent(tab: Tab, sessionId: string): void {
  tab.current = sessionId
  keepText(tab, CURRENT, sessionId)
}
