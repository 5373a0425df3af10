import { isAtproofError, signIn, type SignInProgress, type XrpcClient } from 'atproof/browser'
import { announce, find } from './dom.ts'
import { draft } from './notes-screen.ts'
import { oauth } from './oauth.ts'
import { clearProblems, showProblem } from './problem.ts'
import { type Screen, showScreen } from './screens.ts'
import { answerStep, openStep } from './steps.ts'

const form = find('#sign-in-form', HTMLFormElement)
const handle = find('#handle', HTMLInputElement)
const goBackButton = find('#go-back', HTMLButtonElement)
const title = find('#signing-in-title', HTMLElement)
const where = find('#where', HTMLElement)

type Mode = 'popup' | 'redirect'

/** What the screen leads to. */
export interface SignInActions {
  /** An account is signed in. */
  readonly open: (client: XrpcClient) => void
  /** Whoever wanted to add one does not. */
  readonly goBack: () => void
}

let actions: SignInActions
let going = new AbortController()

/** Makes the screen work: once. */
export function prepareSignIn(given: SignInActions): void {
  actions = given
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const isRedirect = event.submitter instanceof HTMLButtonElement && event.submitter.value === 'redirect'
    void begin(handle.value, isRedirect ? 'redirect' : 'popup', 'sign-in')
  })
  goBackButton.addEventListener('click', () => actions.goBack())
  find('#cancel-sign-in', HTMLButtonElement).addEventListener('click', () => going.abort())
}

/** The form for a first account. */
export function showSignIn(): void {
  form.reset()
  goBackButton.hidden = true
  showScreen('sign-in')
}

/** The form for one more account, with the way back to those that are there. */
export function showAdding(): void {
  showSignIn()
  goBackButton.hidden = false
}

/** The way back into a session that has ended. */
export function signInAgain(client: XrpcClient): void {
  void begin(client, 'popup', 'ended')
}

/** Called by a click and before anything is awaited: a browser opens a window only then. */
async function begin(whom: string | XrpcClient, mode: Mode, goBackTo: Screen): Promise<void> {
  going = new AbortController()
  const { signal } = going
  const onProgress = (found: SignInProgress) => showProgress(found, mode)
  clearProblems()
  handle.removeAttribute('aria-invalid')
  const signingIn = signIn(oauth, whom, { mode, state: draft.read(), signal, onProgress })
  openStep('handle')
  title.textContent = `Signing in ${nameOf(whom)}`
  where.textContent = ''
  showScreen('signing-in')
  try {
    const { client } = await signingIn
    actions.open(client)
  } catch (error) {
    showScreen(goBackTo)
    if (signal.aborted) return announce('Cancelled.')
    if (isAtproofError(error, 'IdentityError')) {
      handle.setAttribute('aria-invalid', 'true')
      handle.focus()
    }
    showProblem(error)
  }
}

/** What was just found, beside its question. */
function showProgress(found: SignInProgress, mode: Mode): void {
  if (found.step === 'handle') answerStep('handle', found.did)
  if (found.step === 'identity') answerStep('identity', new URL(found.pds).host)
  if (found.step === 'server') answerStep('server', new URL(found.issuer).host)
  if (found.step === 'pushed') {
    where.textContent = mode === 'popup' ? 'Go on in the window that has opened.' : 'Opening it…'
  }
}

function nameOf(whom: string | XrpcClient): string {
  return typeof whom === 'string' ? whom : (whom.session.handle ?? whom.did)
}
