import type { XrpcClient } from '../xrpc/xrpc-client.ts'

/** An account that is back. */
export interface Resumed {
  readonly client: XrpcClient
  /** The state that the app gave to `signIn`, where that sign-in has just come to its end. */
  readonly state: string | undefined
}
