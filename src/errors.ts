// Every error class with its codes. A file each, so that a bundle takes the texts only of those that it can throw.
export { AtproofError, type ErrorFacts } from './errors/atproof-error.ts'
export { IdentityError, type IdentityErrorCode } from './errors/identity-error.ts'
export { DiscoveryError, type DiscoveryErrorCode } from './errors/discovery-error.ts'
export {
  AuthorizationError,
  type AuthorizationErrorCode,
  type AuthorizationErrorFacts,
} from './errors/authorization-error.ts'
export {
  type EndReason,
  SessionError,
  type SessionErrorCode,
  type SessionErrorFacts,
} from './errors/session-error.ts'
export { NetworkError, type NetworkErrorCode } from './errors/network-error.ts'
export { StorageError, type StorageErrorCode, type StorageErrorFacts } from './errors/storage-error.ts'
export { type RateLimit, XrpcError, type XrpcErrorCode, type XrpcErrorFacts } from './errors/xrpc-error.ts'
export { withoutRetry } from './errors/without-retry.ts'
export { wrongArgument } from './errors/wrong-argument.ts'
