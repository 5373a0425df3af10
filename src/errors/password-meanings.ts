import type { Meaning } from './atproof-error.ts'

/** The codes of an `AuthorizationError` that only signing in with a password can have. */
export type PasswordErrorCode =
  | 'password_refused'
  | 'second_factor_required'
  | 'second_factor_refused'
  | 'account_taken_down'
  | 'account_deactivated'
  | 'rate_limited'

/** What they mean. Apart from the other codes of a sign-in: a page takes no password. */
export const PASSWORD_MEANINGS: Readonly<Record<PasswordErrorCode, Meaning>> = {
  password_refused: {
    says: 'the server did not take the identifier or the password',
    action: "check both; an app password is made in the account's settings, and may have been deleted there",
  },
  second_factor_required: {
    says: 'the server wants a second factor',
    action:
      'ask the person for the code that the server has sent them by e-mail, and call again with it as `authFactorToken`; an app password needs none',
  },
  second_factor_refused: {
    says: 'the server did not take the code of the second factor',
    action: 'check the code, or call again without `authFactorToken`, which has a new one sent',
  },
  account_taken_down: { says: 'the account was taken down', action: 'ask whoever hosts the account' },
  account_deactivated: {
    says: 'the account is deactivated',
    action: 'activate the account again where it was deactivated',
  },
  rate_limited: { says: 'the server takes no more tries for now', retryable: true },
}
