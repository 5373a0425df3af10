export {
  createAuthorizationUrl,
  type AuthorizationUrl,
  type AuthorizationUrlRequest,
} from './flow/steps/create-authorization-url.ts'
export { readAuthorizationResponse } from './flow/authorization-response.ts'
export { exchangeCode, type CodeExchange, type TokenGrant } from './flow/steps/exchange-code.ts'
export { refreshTokens, type TokenRefresh } from './flow/steps/refresh-tokens.ts'
export { revokeTokens, type TokenRevocation } from './flow/steps/revoke-tokens.ts'
export type { ServerNonce, StepClient, StepOptions, TokenSet } from './flow/steps/step.ts'
export type { ClientCredentials } from './flow/steps/client-credentials.ts'
export type { ClientAuth } from './flow/client/client-auth.ts'
export {
  type ClientAssertionOptions,
  createClientAssertion,
  type SignedAssertion,
} from './flow/client/client-assertion.ts'
export {
  generateClientKey,
  type GenerateClientKeyOptions,
  type PrivateClientKey,
} from './flow/client/generate-client-key.ts'
export type { AssertionRequest, SignAssertion } from './flow/client/client-with-signer.ts'
export { type ClientFacts, type ClientMetadata, createClientMetadata } from './flow/client/client-metadata.ts'
export type { Display, PageOptions, Prompt, ResponseMode } from './flow/authorization-parameters.ts'
export type { ScopeOption } from './flow/client/client-scope.ts'
export type { Revocation, RevocableTokens } from './flow/request-revocation.ts'
export { DpopKey } from './dpop/key.ts'
export type { PublicJwk, StoredDpopKey } from './dpop/stored-key.ts'
export { createProof, type ProofFacts } from './dpop/proof.ts'
