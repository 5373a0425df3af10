import { FUNCTION, KEYS, OBJECT, type OptionRule, TEXT, TEXTS } from '../assert-options.ts'
import type { ClientOptions } from './client-options.ts'

/** What a client's own document says: said beside it, it might say something else. */
export type DocumentOption = Exclude<keyof ClientOptions, 'keys' | 'signAssertion' | 'clientMetadata'>

/** What each of these options must be. */
export const CLIENT_OPTIONS: { readonly [Name in keyof ClientOptions]-?: OptionRule } = {
  clientId: TEXT,
  redirectUri: TEXT,
  redirectUris: TEXTS,
  applicationType: TEXT,
  grantTypes: TEXTS,
  clientName: TEXT,
  clientUri: TEXT,
  logoUri: TEXT,
  tosUri: TEXT,
  policyUri: TEXT,
  keys: KEYS,
  signAssertion: FUNCTION,
  jwks: OBJECT,
  jwksUri: TEXT,
  clientMetadata: OBJECT,
}

/** Whether an option is answered by a client metadata document, and so has no place beside one. */
export function isDocumentOption(name: string): boolean {
  return Object.hasOwn(CLIENT_OPTIONS, name) && name !== 'keys' && name !== 'signAssertion'
}
