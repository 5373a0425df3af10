import { AuthorizationError } from '../errors/authorization-error.ts'
import { SECOND } from '../http/clock.ts'
import { hearTabs } from './hear-tabs.ts'
import { dropText } from './keep-text.ts'
import type { OAuthClient } from './oauth-client.ts'
import { listen } from './listen.ts'
import type { OpenedWindow } from './page.ts'
import { readSignIn, SIGN_IN_MS } from './pending-sign-in.ts'
import { errorOf } from './told-error.ts'
import type { Resumed } from './resumed.ts'
import type { Tab } from './tab.ts'

/** How long a window that looks closed may take to say how it ended, once the person is back. */
export const GRACE_MS: number = SECOND
/** The pause between two looks: a message ends it early. */
const LOOK_MS = SECOND / 2

/** What a page waits for. */
interface Awaited {
  /** Where the window leaves what came of the sign-in. */
  readonly name: string
  readonly popup: OpenedWindow
  readonly state: string | undefined
  readonly signal: AbortSignal | undefined
}

/**
 * Waits for what a window leaves of its sign-in. A consent page may cut the tie to whoever opened it, so that its window
 * looks closed while it is open: a closed window is believed once the person is back at this page, and nothing has come
 * a second later.
 */
export async function receiveSignIn(oauth: OAuthClient, tab: Tab, awaited: Awaited): Promise<Resumed> {
  const { name, popup, state, signal } = awaited
  const { clock, page } = tab
  const began = clock.monotonic()
  let backAt: number | undefined
  let woken = new AbortController()
  const wake = (): void => woken.abort()
  const comeBack = (): void => {
    backAt ??= clock.monotonic()
    wake()
  }
  const stops = [
    hearTabs(tab, wake),
    listen(page, 'blur', () => (backAt = undefined)),
    ...['focus', 'pointerdown', 'keydown'].map((type) => listen(page, type, comeBack)),
    () => signal?.removeEventListener('abort', wake),
  ]
  signal?.addEventListener('abort', wake)
  try {
    for (;;) {
      const outcome = readSignIn(tab, name)
      if (outcome?.sessionId !== undefined) {
        const client = await oauth.restore(outcome.sessionId)
        // The window closes when it sees that somebody has taken it; some may be closed only by who opened them.
        dropText(tab, name)
        if (!client) throw new AuthorizationError('sign_in_elsewhere', { state })
        popup.close()
        return { client, state }
      }
      if (outcome?.error !== undefined) {
        dropText(tab, name)
        throw errorOf(outcome.error, state)
      }
      if (signal?.aborted) {
        // Nobody is to come back to it.
        dropText(tab, name)
        popup.close()
        throw signal.reason
      }
      // Its window has no room for what came of it, or the browser forgot: the person goes on there.
      if (!outcome && !popup.closed) throw new AuthorizationError('sign_in_elsewhere', { state })
      const now = clock.monotonic()
      if (now - began >= SIGN_IN_MS) throw new AuthorizationError('sign_in_expired', { state })
      if (popup.closed && backAt !== undefined && now - backAt >= GRACE_MS) {
        throw new AuthorizationError('popup_closed', { state })
      }
      woken = new AbortController()
      await clock.sleep(LOOK_MS, woken.signal).catch(() => {}) // woken
    }
  } finally {
    for (const stop of stops) stop()
  }
}
