export type { Account, AccountStatus } from './testing/account.ts'
export type { ApproveOptions, DenyOptions } from './testing/authorization-server/consent.ts'
export type { ClientAuth } from './testing/authorization-server/client-auth.ts'
export type { ServerSession } from './testing/authorization-server/server-sessions.ts'
export type { DidDocument } from './testing/did-document.ts'
export type { FakeResolveTxt } from './testing/domain-names.ts'
export { type FakeNetwork, fakeNetwork } from './testing/fake-network.ts'
export type {
  CreateAccountOptions,
  FakeNetworkOptions,
  FakePds,
  FakeSignInOptions,
  HostHandler,
} from './testing/fake-network-options.ts'
export type {
  AnswerTarget,
  BodyFault,
  ChallengeFault,
  Fault,
  FaultHandle,
  FaultTarget,
} from './testing/faults/faults.ts'
export type { AddServiceOptions, FakeService, ServiceCaller, ServiceHandler } from './testing/pds/fake-service.ts'
export type { Caller, MethodHandler } from './testing/pds/method.ts'
export type { RateLimit } from './testing/pds/rate-limits.ts'
export type { DecodedAssertion, LogEntry, RequestLog, RequestPattern } from './testing/request-log.ts'
export type { Json } from './testing/server-metadata.ts'
export { runStorageTask } from './testing/storage-suite/run-storage-task.ts'
export type { StorageHooks, StorageProcess } from './testing/storage-suite/storage-hooks.ts'
export { type StorageCase, storageSuite } from './testing/storage-suite/storage-suite.ts'
export { type TestClock, testClock, type TestClockOptions } from './testing/test-clock.ts'
export type { DecodedProof, ProofPayload } from './testing/verify-proof.ts'
export type { WireFetch } from './testing/wire.ts'
