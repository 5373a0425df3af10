import { callHook } from '../flow/keep-alive.ts'
import { didOf, isSessionId } from '../session/record.ts'
import { hasShape, isNumber, isText, oneOf, optional, type Shape } from '../syntax/shape.ts'
import { NOBODY, readCurrent } from './current-account.ts'
import { hearTabs } from './hear-tabs.ts'
import { type OAuthClient, tabOf } from './oauth-client.ts'
import { listen } from './listen.ts'
import type { Tab } from './tab.ts'
import type { TabEvent } from './tell-tabs.ts'

/** Longer than any id of a session. */
const LONGEST_ID = 2200

const EVENT: Shape<TabEvent> = {
  type: oneOf('signed_in', 'refreshed', 'switched', 'signed_out', 'ended'),
  sessionId: (value) => typeof value === 'string' && value.length <= LONGEST_ID && isSessionId(value),
  did: isText,
  gen: optional(isNumber),
}

/**
 * Tells what other tabs of this browser did with the sessions of the same client. By the time of an event this tab has
 * taken over what the other one stored: newer tokens without a request, and the end of a session, so that its clients
 * fail at once. A listener that throws changes nothing.
 *
 * The same may be told twice. What happened while the page was kept for going back is told when it is shown again: the
 * sign-out of the account that was in use, or that another one is.
 *
 * @example
 * const stop = watchTabs(oauth, ({ type }) => type === 'signed_out' && location.reload())
 * @returns the way to stop
 */
export function watchTabs(oauth: OAuthClient, listener: (event: TabEvent) => void): () => void {
  const tab = tabOf(oauth)
  let isStopped = false
  // In the order in which they came.
  let telling = Promise.resolve()
  const tell = (find: () => Promise<TabEvent | undefined> | TabEvent | undefined): void => {
    telling = telling.then(async () => {
      const event = await find()
      if (event && !isStopped) callHook(() => listener(event))
    })
  }
  let left: string | undefined
  const stops = [
    hearTabs(tab, (message) => tell(() => take(oauth, message))),
    listen(tab.page, 'pagehide', () => (left = readCurrent(tab))),
    listen(tab.page, 'pageshow', (event) => {
      if ('persisted' in event && event.persisted) tell(() => findMissed(oauth, tab, left))
    }),
  ]
  return () => {
    isStopped = true
    for (const stop of stops) stop()
  }
}

/** What a message says, once what it tells of was read. Undefined for what is no event: any page of the origin can send. */
async function take(oauth: OAuthClient, message: unknown): Promise<TabEvent | undefined> {
  if (!hasShape(message, EVENT)) return undefined
  const { type, sessionId, gen } = message
  await takeOver(oauth, sessionId)
  return { type, sessionId, did: didOf(sessionId), ...(gen !== undefined && { gen }) }
}

/** Reads what is stored of a session; whether it is still there. A storage that fails tells its callers itself. */
async function takeOver(oauth: OAuthClient, sessionId: string): Promise<boolean> {
  try {
    return (await oauth.restore(sessionId)) !== undefined
  } catch {
    return true
  }
}

/** What happened to the account in use while the page was away. */
async function findMissed(oauth: OAuthClient, tab: Tab, left: string | undefined): Promise<TabEvent | undefined> {
  if (left && !(await takeOver(oauth, left))) return { type: 'signed_out', sessionId: left, did: didOf(left) }
  const current = readCurrent(tab)
  if (!current || current === left || current === NOBODY) return undefined
  return { type: 'switched', sessionId: current, did: didOf(current) }
}
