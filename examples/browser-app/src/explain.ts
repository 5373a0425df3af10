import { AtproofError, type EndReason } from 'atproof/browser'

/** What an app says in its own words. What else an error says is fit to be shown, too. */
const SAYS: Readonly<Record<string, string>> = {
  access_denied: 'The sign-in was not allowed, and nothing has changed.',
  popup_closed: 'The window was closed before you had signed in.',
  handle_not_found: 'Nobody has this handle.',
  unreachable: 'There is no connection to the server.',
  connection_failed: 'There is no connection to the server.',
  timeout: 'The server takes too long.',
}

const REASONS: Readonly<Record<EndReason, string>> = {
  revoked: 'was signed out by its server.',
  expired: 'was not used for so long that its server signed it out.',
  refresh_response_lost: 'lost its connection just while its server renewed the session.',
  account_moved: 'has moved to another server.',
  wrong_account: 'got the answers of another account from its server.',
  scope_reduced: 'does not allow this app to write any more.',
  bad_token_response: 'got an answer from its server that Jot cannot read.',
}

/** What went wrong, for the person who sees it. */
export interface Explanation {
  readonly message: string
  /** What they can do about it. */
  readonly action: string | undefined
  readonly isRetryable: boolean
}

export function explain(error: unknown): Explanation {
  if (!(error instanceof AtproofError)) {
    console.error(error)
    return { message: 'Something went wrong in this app.', action: 'Reload the page.', isRetryable: false }
  }
  const { code, message, action, retryable: isRetryable } = error
  return { message: SAYS[code] ?? sentence(message), action: action && sentence(action), isRetryable }
}

/** Why a session has ended, after the account's name. */
export function explainEnd(reason: EndReason | undefined): string {
  return reason ? REASONS[reason] : 'was signed out.'
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`
}
