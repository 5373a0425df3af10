import { AuthorizationError } from '../errors/authorization-error.ts'
import { SECOND } from '../http/clock.ts'
import { NOBODY, readCurrent, resumeCurrent } from './current-account.ts'
import { keepCurrent, tellCurrent } from './keep-current.ts'
import { dropText } from './keep-text.ts'
import type { OAuthClient } from './oauth-client.ts'
import { dropOldSignIns, isOver, keepSignIn, type PendingSignIn, readSignIn } from './pending-sign-in.ts'
import { codeOf, errorOf } from './told-error.ts'
import type { Resumed } from './resumed.ts'
import type { Tab } from './tab.ts'
import { wakeTabs } from './tell-tabs.ts'

/** How long a tab waits for another one that finishes the same sign-in. */
export const OTHER_TAB_MS: number = 10 * SECOND
/** How long a window waits for the page that opened it to take over. */
export const OPENER_MS: number = 3 * SECOND
/** The pause between two looks. */
const LOOK_MS = 100
/** How long a window may take to close. */
const CLOSING_MS = SECOND

/** A response that was taken out of the address bar. */
export interface TakenResponse {
  /** What this browser keeps of its sign-in. */
  readonly name: string
  readonly params: URLSearchParams
  /** Puts it back, so that a reload tries again. */
  readonly putBack: () => void
}

/**
 * Finishes the sign-in whose response stood in the address bar.
 *
 * A response that was used already is that of a page that somebody came back to, or reloaded in several tabs: the account
 * in use is brought back.
 */
export async function finishRedirect(
  oauth: OAuthClient,
  tab: Tab,
  { name, params, putBack }: TakenResponse,
): Promise<Resumed | undefined> {
  const pending = readSignIn(tab, name)
  dropOldSignIns(tab)
  if (pending?.context === undefined) return goOn(oauth, tab, pending)
  const { context, isPopup, at } = pending
  if (isOver(tab, pending)) {
    const expired = new AuthorizationError('sign_in_expired')
    if (isPopup) await leaveOutcome(tab, name, { at, isPopup, error: expired.code })
    throw expired
  }
  try {
    const { client, state } = await oauth.callback(params, { context })
    const { sessionId, stored } = client.session
    const before = readCurrent(tab)
    keepCurrent(tab, sessionId)
    // What is not stored yet, no other tab can bring back: it hears of the sign-in once it is.
    if (stored && sessionId !== before) tellCurrent(tab, sessionId)
    // What only this window has in memory would be lost with it.
    await leaveOutcome(tab, name, { at, isPopup, sessionId }, { mayClose: stored })
    return { client, state }
  } catch (error) {
    if (error instanceof AuthorizationError && error.code === 'state_spent') {
      return await shareOutcome(oauth, tab, name, error)
    }
    // It can be tried again: nothing was spent.
    if (error instanceof Error && 'retryable' in error && error.retryable) putBack()
    else await leaveOutcome(tab, name, { at, isPopup, error: codeOf(error) })
    throw error
  }
}

/** Nothing is waiting for the response. */
async function goOn(
  oauth: OAuthClient,
  tab: Tab,
  pending: PendingSignIn | undefined,
): Promise<Resumed | undefined> {
  const resumed = await resumeCurrent(oauth, tab)
  if (resumed) return resumed
  // It ended, and who signed in then has signed out; or it is an older one than this browser remembers.
  if (pending || readCurrent(tab) === NOBODY) return undefined
  throw new AuthorizationError('state_unknown', { field: 'state' })
}

/** Another tab with the same response was first: what comes of it there is what comes of it here. */
async function shareOutcome(
  oauth: OAuthClient,
  tab: Tab,
  name: string,
  spent: AuthorizationError,
): Promise<Resumed | undefined> {
  const { clock } = tab
  const until = clock.monotonic() + OTHER_TAB_MS
  for (;;) {
    const outcome = readSignIn(tab, name)
    // The page that opened the window has taken it.
    if (!outcome) break
    const { sessionId, error } = outcome
    if (error !== undefined) throw errorOf(error, spent.state)
    if (sessionId !== undefined) {
      const client = await oauth.restore(sessionId)
      if (client) return { client, state: spent.state }
      break
    }
    if (clock.monotonic() >= until) {
      // Whoever was first did not come to the end: it was closed or reloaded.
      dropText(tab, name)
      break
    }
    await clock.sleep(LOOK_MS)
  }
  const resumed = await resumeCurrent(oauth, tab)
  if (resumed) return resumed
  throw spent
}

/**
 * Keeps what came of a sign-in. A window then waits until the page that opened it has taken that, and closes. Where nobody
 * takes it, that page is gone; and where the window cannot be closed, the person is here: the app goes on in it.
 */
async function leaveOutcome(
  tab: Tab,
  name: string,
  outcome: PendingSignIn,
  { mayClose = true }: { readonly mayClose?: boolean } = {},
): Promise<void> {
  const { clock, page } = tab
  const place = keepSignIn(tab, name, outcome)
  if (!outcome.isPopup) return
  wakeTabs(tab)
  // What only this window keeps, the page that opened it cannot take.
  if (place !== 'localStorage') return
  const until = clock.monotonic() + OPENER_MS
  while (readSignIn(tab, name)) {
    if (clock.monotonic() >= until) return
    await clock.sleep(LOOK_MS)
  }
  if (!mayClose) return
  page.close()
  await clock.sleep(CLOSING_MS)
}
