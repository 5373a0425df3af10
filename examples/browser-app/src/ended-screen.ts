import type { SessionInfo } from 'atproof/browser'
import { find } from './dom.ts'
import { explainEnd } from './explain.ts'
import { draft } from './notes-screen.ts'
import { showScreen } from './screens.ts'

/** What the screen leads to. */
export interface EndedActions {
  readonly signInAgain: () => void
  readonly signOut: () => void
}

/** Makes the screen work: once. */
export function prepareEnded({ signInAgain, signOut }: EndedActions): void {
  find('#sign-in-again', HTMLButtonElement).addEventListener('click', signInAgain)
  find('#forget', HTMLButtonElement).addEventListener('click', signOut)
}

/** Says why a session has ended, and offers the way back into it. */
export function showEnded({ handle, did, reason }: SessionInfo): void {
  find('#ended .handle', HTMLElement).textContent = handle ?? did
  find('#ended .reason', HTMLElement).textContent = explainEnd(reason)
  find('#ended .draft', HTMLElement).hidden = draft.read() === ''
  showScreen('ended')
}
