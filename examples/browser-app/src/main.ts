import {
  accounts,
  isAtproofError,
  resume,
  SessionError,
  signOut,
  switchTo,
  type TabEvent,
  watchTabs,
  type XrpcClient,
} from 'atproof/browser'
import { prepareAccounts, showAccounts } from './accounts-menu.ts'
import { watchConnection } from './connection.ts'
import { announce } from './dom.ts'
import { prepareEnded, showEnded } from './ended-screen.ts'
import { clearNotes, draft, showNotes } from './notes-screen.ts'
import { oauth } from './oauth.ts'
import { clearProblems, type Retry, showProblem } from './problem.ts'
import { prepareSignIn, showAdding, showSignIn, signInAgain } from './sign-in-screen.ts'

/** The account that this tab shows. */
let current: XrpcClient | undefined

prepareSignIn({ open, goBack: () => open(current) })
prepareEnded({ signInAgain: () => current && signInAgain(current), signOut: leave })
prepareAccounts({
  switchTo: (sessionId) => attempt(async () => open(await switchTo(oauth, sessionId))),
  add: showAdding,
  signOut: leave,
})
watchConnection()
// One event after the other: what this tab shows decides what the next one is to it.
watchTabs(oauth, async (event) => {
  if (event.type !== 'refreshed') await attempt(() => follow(event))
})
if (import.meta.env.PROD) navigator.serviceWorker.register('/service-worker.js').catch(console.warn)
await start()

/** Finishes a sign-in that has come back, else goes on with the account that was last in use. */
async function start(): Promise<void> {
  try {
    const resumed = await resume(oauth)
    // What somebody was writing before this page was left.
    if (resumed?.state) draft.write(resumed.state)
    open(resumed?.client)
  } catch (error) {
    // A sign-in that came to nothing: whoever was signed in before still is, with what they were writing.
    if (isAtproofError(error, 'AuthorizationError') && error.state) draft.write(error.state)
    const before = await resume(oauth).catch(() => undefined)
    open(before?.client)
    showProblem(error, { outcome: 'You will be signed in', again: start })
  }
}

/** Shows an account: its notes, or that its session has ended. Without one, the way in. */
function open(client: XrpcClient | undefined): void {
  current = client
  clearProblems()
  attempt(() => showAccounts(client?.session.sessionId))
  if (client && client.session.status !== 'needs_reauth') return showNotes(client, failed)
  clearNotes()
  if (client) showEnded(client.session)
  else showSignIn()
}

/** Other tabs may show other accounts. This one follows where it is about its own, or where it has none. */
async function follow({ type, sessionId }: TabEvent): Promise<void> {
  const own = current?.session.sessionId
  // A switch to the account that this tab shows changes nothing here.
  if (own === undefined || (own === sessionId && type !== 'switched')) return openStored()
  return showAccounts(own)
}

/** As the storage has it by now: another tab, or the server, may have ended the session. */
async function openStored(): Promise<void> {
  const again = current && (await oauth.restore(current.session.sessionId))
  const client = again ?? (await resume(oauth))?.client
  // Whoever is about to sign in goes on with it.
  if (client || current) open(client)
}

function leave(): void {
  attempt(async () => {
    if (current) await signOut(oauth, current.session.sessionId)
    draft.write('')
    const [next] = await accounts(oauth)
    open(next && (await switchTo(oauth, next.sessionId)))
    announce('Signed out.')
  })
}

async function attempt(act: () => Promise<unknown>): Promise<void> {
  try {
    await act()
  } catch (error) {
    failed(error, { outcome: 'Jot will go on', again: () => attempt(act) })
  }
}

function failed(error: unknown, retry: Retry): void {
  const hasEnded = error instanceof SessionError && ['needs_reauth', 'signed_out'].includes(error.code)
  if (hasEnded) attempt(openStored)
  else showProblem(error, retry)
}
