import { listen } from './listen.ts'
import type { Tab } from './tab.ts'
import { openChannel } from './tell-tabs.ts'

/**
 * Hears whatever the other tabs of a client say, until it is stopped. A page that is left closes its channel, so that the
 * browser can keep the page for going back, and opens it when it is shown again.
 */
export function hearTabs(tab: Tab, hear: (message: unknown) => void): () => void {
  // Its own function, so that somebody who listens twice is told twice.
  const own = (message: unknown): void => hear(message)
  tab.hearers.add(own)
  open(tab)
  const stops = [
    listen(tab.page, 'pagehide', () => close(tab)),
    listen(tab.page, 'pageshow', () => open(tab)),
    () => tab.hearers.delete(own),
    () => tab.hearers.size === 0 && close(tab),
  ]
  return () => stops.forEach((stop) => stop())
}

function open(tab: Tab): void {
  if (tab.channel) return
  try {
    tab.channel = openChannel(tab)
    tab.channel?.addEventListener('message', ({ data }) => tab.hearers.forEach((hear) => hear(data)))
  } catch {
    // Not granted: what is stored is found without being told.
  }
}

function close(tab: Tab): void {
  tab.channel?.close()
  tab.channel = undefined
}
