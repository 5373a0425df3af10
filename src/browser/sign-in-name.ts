/** Under which name this browser keeps what it knows of a sign-in until it ends. */
export function signInName(stateHash: string): string {
  return SIGN_IN + stateHash
}

export const SIGN_IN = 'sign-in/'
