import type { Did } from '../syntax/did.ts'
import type { SignIn } from './sign-in.ts'
import type { ServerClient } from './signed-form.ts'
import type { TokenResponse } from './token-response.ts'

/** A sign-in that came to its end. */
export interface SignedIn {
  readonly did: Did
  readonly handle: string | undefined
  readonly pds: string
  readonly tokens: SignInTokens
  readonly signIn: SignIn
  readonly client: ServerClient
}

/** The tokens of a sign-in, their form checked. Whose they are is still to be confirmed. */
export interface SignInTokens extends TokenResponse {
  readonly sub: Did
  /** When the request was sent, in ms since the epoch: lifetimes count from then. */
  readonly requestedAt: number
}
