import type { Validator } from 'atproof'

/** A validator that has nothing against anything. */
export const PERMISSIVE: Validator = {
  params: (_, params) => params,
  input: () => {},
  output: () => {},
  inputEncoding: () => {},
  outputEncoding: () => {},
}
