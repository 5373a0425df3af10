/** What an access token here begins with: not to be seen in any error. */
export const SECRET = 'eyJ0eXAiOiJhdCtqd3QifQ'

/** What a server may call an access token and no header can hold. A runtime that refuses a header repeats it. */
export const NO_TOKENS: readonly (readonly [what: string, accessToken: string])[] = [
  ['a line break', `${SECRET}\r\nx-admin: 1`],
  ['a space', `${SECRET} .sig`],
  ['a letter beyond ASCII', `${SECRET}é`],
  ['a NUL', `${SECRET}\0`],
]
