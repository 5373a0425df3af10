import { type Account, accounts } from 'atproof/browser'
import { copyOf, find } from './dom.ts'
import { oauth } from './oauth.ts'

const menu = find('#accounts', HTMLElement)
const list = find('#account-list', HTMLUListElement)
const current = find('#account', HTMLButtonElement)

/** What the menu leads to. */
export interface AccountActions {
  readonly switchTo: (sessionId: string) => void
  readonly add: () => void
  readonly signOut: () => void
}

export function prepareAccounts(actions: AccountActions): void {
  list.addEventListener('click', ({ target }) => {
    const sessionId = target instanceof Element && target.closest('button')?.dataset['sessionId']
    if (sessionId) choose(() => actions.switchTo(sessionId))
  })
  find('#add-account', HTMLButtonElement).addEventListener('click', () => choose(actions.add))
  find('#sign-out', HTMLButtonElement).addEventListener('click', () => choose(actions.signOut))
}

/** The session that is shown as the one in use, or will be. */
let shown: string | undefined

/** Who is signed in here, the account in use on the button. */
export async function showAccounts(sessionId: string | undefined): Promise<void> {
  shown = sessionId
  const all = await accounts(oauth)
  // Another one came into use meanwhile.
  if (shown !== sessionId) return
  list.replaceChildren(...all.map((account) => entryOf(account, account.sessionId === sessionId)))
  const inUse = all.find((account) => account.sessionId === sessionId)
  current.hidden = inUse === undefined
  if (inUse) write(current, inUse)
}

function choose(act: () => void): void {
  menu.hidePopover()
  act()
}

function entryOf(account: Account, isInUse: boolean): HTMLElement {
  const entry = copyOf('account-entry')
  const button = find('button', HTMLButtonElement, entry)
  button.dataset['sessionId'] = account.sessionId
  if (isInUse) button.setAttribute('aria-current', 'true')
  write(button, account)
  const hasEnded = account.status === 'needs_reauth'
  find('.where', HTMLElement, button).textContent = hasEnded ? 'has to sign in again' : new URL(account.pds).host
  return entry
}

function write(within: HTMLElement, { did, handle = did }: Account): void {
  const avatar = find('.avatar', HTMLElement, within)
  avatar.textContent = handle.charAt(0).toUpperCase()
  // A colour of its own, which the style names: an inline style would need more of the Content-Security-Policy.
  avatar.dataset['colour'] = String([...did].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 5)
  find('.handle', HTMLElement, within).textContent = handle
}
