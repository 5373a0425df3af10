import { SECOND } from '../http/clock.ts'
import { findSession } from '../session/find-session.ts'
import { readStored } from '../session/read-stored.ts'
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
/** How long after its message the account in use may take to be seen. */
export const CATCH_UP_MS: number = SECOND
/** The pause between two looks. */
const LOOK_MS = 20

const EVENT: Shape<TabEvent> = {
  type: oneOf('signed_in', 'refreshed', 'switched', 'signed_out', 'ended'),
  sessionId: (value) => typeof value === 'string' && value.length <= LONGEST_ID && isSessionId(value),
  did: isText,
  gen: optional(isNumber),
}

/**
 * Tells what other tabs of this browser did with the sessions of the same client. By the time of an event this tab has
 * taken over what the other one stored: newer tokens without a request, and the end of a session, so that its clients
 * fail at once. At a `switched`, `resume` gives whoever is in use. Nothing is read of a session that this tab does not have.
 *
 * One event is told after the other: where the listener returns a promise, the next one waits until that is settled, and
 * for ever where it never is. A listener that throws, or whose promise rejects, changes nothing.
 *
 * The same may be told twice. What happened while the page was kept for going back is told when it is shown again: the
 * sign-out of the account that was in use, or that another one is.
 *
 * @example
 * const stop = watchTabs(oauth, ({ type }) => type === 'signed_out' && location.reload())
 * @returns the way to stop
 */
export function watchTabs(oauth: OAuthClient, listener: (event: TabEvent) => unknown): () => void {
  const tab = tabOf(oauth)
  let isStopped = false
  // Both in the order in which the messages came. A listener that takes its time holds up no sign-out: the storage is read
  // before the event's turn has come.
  let finding: Promise<TabEvent | undefined> = Promise.resolve(undefined)
  let telling = Promise.resolve()
  const tell = (find: () => Promise<TabEvent | undefined>): void => {
    const found = (finding = finding.then(find))
    const until = tab.clock.monotonic() + CATCH_UP_MS
    const tellFound = async (): Promise<void> => {
      const event = await found
      if (event?.type === 'switched') await untilInUse(tab, event.sessionId, until)
      if (event && !isStopped) await listener(event)
    }
    telling = telling.then(tellFound).catch(() => {}) // the app's own mistake
  }
  let left: string | undefined
  const stops = [
    hearTabs(tab, (message) => tell(() => take(tab, message))),
    listen(tab.page, 'pagehide', () => (left = readCurrent(tab))),
    listen(tab.page, 'pageshow', (event) => {
      if ('persisted' in event && event.persisted) tell(() => findMissed(tab, left))
    }),
  ]
  return () => {
    isStopped = true
    for (const stop of stops) stop()
  }
}

/** What a message says, once what it tells of was read. Undefined for what is no event: any page of the origin can send. */
async function take(tab: Tab, message: unknown): Promise<TabEvent | undefined> {
  if (!hasShape(message, EVENT)) return undefined
  const { type, sessionId, gen } = message
  if (tab.calls.sessions.get(sessionId)) await isThere(tab, sessionId)
  return { type, sessionId, did: didOf(sessionId), ...(gen !== undefined && { gen }) }
}

/**
 * Waits until this tab sees, too, whom another one switched to, and until nobody resumes any more who saw less. Each
 * process of a browser has its own copy of the texts, and a message may be there before them. Who is in use may be another
 * one again by then: a moment later it is told all the same.
 */
async function untilInUse(tab: Tab, sessionId: string, until: number): Promise<void> {
  const { clock } = tab
  const isSeen = () => readCurrent(tab) === sessionId && !tab.resuming
  while (!isSeen() && clock.monotonic() < until) await clock.sleep(LOOK_MS)
}

/** Whether a session is still there. What is stored of one that this tab has is taken over. */
async function isThere({ calls }: Tab, sessionId: string): Promise<boolean> {
  try {
    if (calls.sessions.get(sessionId)) return (await findSession(calls, sessionId)) !== undefined
    return (await readStored(calls, sessionId))?.record !== undefined
  } catch {
    return true // a storage that fails tells its callers itself
  }
}

/** What happened to the account in use while the page was away. */
async function findMissed(tab: Tab, left: string | undefined): Promise<TabEvent | undefined> {
  if (left && !(await isThere(tab, left))) return { type: 'signed_out', sessionId: left, did: didOf(left) }
  const current = readCurrent(tab)
  if (!current || current === left || current === NOBODY) return undefined
  return { type: 'switched', sessionId: current, did: didOf(current) }
}
