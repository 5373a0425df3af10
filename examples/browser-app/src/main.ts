import { accounts, resume, SessionError, signOut, switchTo, watchTabs, type XrpcClient } from 'atproof/browser'
import { prepareAccounts, showAccounts } from './accounts-menu.ts'
import { watchConnection } from './connection.ts'
import { announce } from './dom.ts'
import { prepareEnded, showEnded } from './ended-screen.ts'
import { clearNotes, draft, showNotes } from './notes-screen.ts'
import { oauth } from './oauth.ts'
import { clearProblem, type Retry, showProblem } from './problem.ts'
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
watchTabs(oauth, ({ sessionId }) => {
  // Other tabs may show other accounts. This one follows where it is about its own, or where it has none.
  const isOurs = current === undefined || current.session.sessionId === sessionId
  attempt(async () => (isOurs ? openStored() : showAccounts(current?.session.sessionId)))
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
    // A sign-in that came to nothing: whoever was signed in before still is.
    const before = await resume(oauth).catch(() => undefined)
    open(before?.client)
    showProblem(error, { outcome: 'You are signed in', again: start })
  }
}

/** Shows an account: its notes, or that its session has ended. Without one, the way in. */
function open(client: XrpcClient | undefined): void {
  current = client
  clearProblem()
  attempt(() => showAccounts(client?.session.sessionId))
  if (client && client.session.status !== 'needs_reauth') return showNotes(client, failed)
  clearNotes()
  if (client) showEnded(client.session)
  else showSignIn()
}

/** As the storage has it by now: another tab, or the server, may have ended the session. */
async function openStored(): Promise<void> {
  const again = current && (await oauth.restore(current.session.sessionId))
  if (again && again.session.status === current?.session.status) return showAccounts(again.session.sessionId)
  return open(again ?? (await resume(oauth))?.client)
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

function attempt(act: () => Promise<unknown>): void {
  act().catch((error: unknown) => failed(error, { outcome: 'Jot goes on', again: () => attempt(act) }))
}

function failed(error: unknown, retry: Retry): void {
  const hasEnded = error instanceof SessionError && ['needs_reauth', 'signed_out'].includes(error.code)
  if (hasEnded) attempt(openStored)
  else showProblem(error, retry)
}
