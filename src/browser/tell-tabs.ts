import type { PageChannel } from './page.ts'
import type { Tab } from './tab.ts'

/** What happened in another tab of this browser. Never holds a token or a code. */
export interface TabEvent {
  /**
   * `signed_in`, also where it led back into a session; `refreshed`: newer tokens are stored; `switched`: another session
   * came into use, by `switchTo` or by a sign-in; `signed_out`; `ended`: the session needs its person again.
   */
  readonly type: 'signed_in' | 'refreshed' | 'switched' | 'signed_out' | 'ended'
  readonly sessionId: string
  readonly did: string
  /** Which tokens of the session these are: counts up. Undefined where the tab did not know. */
  readonly gen?: number | undefined
}

/** Opens what the tabs of a client hear each other by; undefined where the browser has none. Throws where it grants none. */
export function openChannel({ page, clientId }: Tab): PageChannel | undefined {
  return page.BroadcastChannel && new page.BroadcastChannel(`atproof:${clientId}`)
}

/** Tells the other tabs. A channel is open no longer than that: some browsers keep no page for going back that has one. */
export function tellTabs(tab: Tab, event: TabEvent): void {
  post(tab, event)
}

/** Has tabs look for what they wait for. */
export function wakeTabs(tab: Tab): void {
  post(tab, 'look')
}

function post(tab: Tab, message: unknown): void {
  try {
    const channel = tab.channel ?? openChannel(tab)
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has one origin
    channel?.postMessage(message)
    if (channel !== tab.channel) channel?.close()
  } catch {
    // Not granted: the tabs still share one storage.
  }
}
