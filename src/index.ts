export { OAuthClient, type CallbackResult, type ImportOptions } from './oauth-client.ts'
export type { LoadOptions, OAuthClientOptions } from './oauth-client-options.ts'
export { revokePasswordSession, signInWithPassword } from './password-client.ts'
export type {
  PasswordOptions,
  RevokePasswordOptions,
  SignInWithPasswordOptions,
} from './password-client-options.ts'
export type { SessionOptions } from './xrpc/client.ts'
export { type ServiceOptions, XrpcClient } from './xrpc/xrpc-client.ts'
export type { BodyInput, InputBody } from './xrpc/body.ts'
export { createTid, type CreateTidOptions } from './xrpc/create-tid.ts'
export type {
  AnswerForm,
  CallOptions,
  DataOf,
  ProcedureOptions,
  QueryOptions,
  XrpcResult,
} from './xrpc/call-options.ts'
export type { ClientSettings, Labeler } from './xrpc/client-settings.ts'
export type { RetryOptions } from './xrpc/retry.ts'
export type { Validator } from './xrpc/validator.ts'
export type { BlobBody, BlobData, GetBlobOptions, LegacyBlobRef, UploadBlobOptions } from './xrpc/blobs.ts'
export type { BlobRef, Bytes, CidLink, UnknownObject, UnknownType, UnknownVariant } from './xrpc/data-model.ts'
export { unknownVariant } from './xrpc/unknown-variant.ts'
export { isType, type TypeName } from './xrpc/is-type.ts'
export { type AnsweredError, isXrpcError } from './xrpc/is-xrpc-error.ts'
export type { ItemOf, ItemsField, PagedQuery, PaginateOptions } from './xrpc/paged-query.ts'
export type {
  CreateRecordOptions,
  DeleteRecordOptions,
  GetRecordOptions,
  ListRecordsOptions,
  PutRecordOptions,
} from './xrpc/record-options.ts'
export type {
  FoundRecord,
  ListedRecord,
  RecordCollection,
  RecordPage,
  RecordValue,
  WrittenRecord,
} from './xrpc/records.ts'
export type { ServiceAuthOptions, ServiceToken } from './xrpc/service-auth.ts'
export type { AskedErrorName } from './xrpc/asked-error-name.ts'
export type {
  DeclaredErrorName,
  ErrorNameOf,
  InputOf,
  MethodName,
  OutputOf,
  ParamsOf,
  ParamValue,
  RecordOf,
  TypeOf,
} from './xrpc/registry.ts'
export type { Sent, Session, SessionInfo, SessionInfoOf, XrpcRequest } from './xrpc/session.ts'
export { encryptedStorage, type EncryptedStorageOptions } from './storage/encrypted.ts'
export { memoryStorage, type MemoryStorageOptions } from './storage/memory.ts'
export type { PutOptions, Storage, StorageEntry, StoredValue } from './storage/storage.ts'
export {
  AtproofError,
  AuthorizationError,
  type AuthorizationErrorCode,
  type AuthorizationErrorFacts,
  DiscoveryError,
  type DiscoveryErrorCode,
  type EndReason,
  type ErrorFacts,
  IdentityError,
  type IdentityErrorCode,
  NetworkError,
  type NetworkErrorCode,
  type RateLimit,
  SessionError,
  type SessionErrorCode,
  type SessionErrorFacts,
  StorageError,
  type StorageErrorCode,
  type StorageErrorFacts,
  XrpcError,
  type XrpcErrorCode,
  type XrpcErrorFacts,
} from './errors.ts'
export type { AuthorizationRequest, AuthorizeOptions, SignInProgress } from './flow/authorize.ts'
export type { CallbackOptions } from './flow/finish-sign-in.ts'
export type { SignedAssertion } from './flow/client/client-assertion.ts'
export type { SigningAlgorithm } from './flow/client/client-algorithms.ts'
export type { ClientMetadata, GrantType } from './flow/client/client-metadata.ts'
export type { ClientOptions } from './flow/client/client-options.ts'
export type { AssertionRequest, SignAssertion } from './flow/client/client-with-signer.ts'
export type { PublicClientKey } from './flow/client/client-keys.ts'
export type { Revocation } from './flow/request-revocation.ts'
export type { ResolveTxt } from './http/create-transport.ts'
export type { Clock, SleepOptions } from './http/clock.ts'
export type { TransportOptions } from './http/create-transport.ts'
export type { Random } from './http/random.ts'
export type { Fetch } from './http/transport.ts'
export type { AtproofEvent } from './session/events.ts'
export type { ExportedSession } from './session/exported-session.ts'
export type { AtcuteStoredSession, AtprotoStoredSession } from './session/foreign-session.ts'
export type { Did } from './syntax/did.ts'
export { nsid, type Nsid } from './syntax/nsid.ts'
export type { Scope } from './syntax/scopes/scope.ts'
export type { Permission } from './syntax/scopes/permission.ts'
export type { MediaRange, RepoAction, ServiceReference } from './syntax/scopes/values.ts'
export { scopes, type Scopes } from './syntax/scopes/scopes.ts'
