import { wrongArgument } from '../errors/wrong-argument.ts'
import { type Clock, HOUR, SECOND } from '../http/clock.ts'
import type { Did } from '../syntax/did.ts'
import { isNsid } from '../syntax/nsid.ts'
import { SERVICE_REFERENCE } from '../syntax/scopes/values.ts'
import { assertNames } from './assert-names.ts'
import type { CallOptions, XrpcResult } from './call-options.ts'
import type { XrpcClient } from './xrpc-client.ts'
import { refuseAnswer } from './refuse-answer.ts'
import type { MethodName } from './registry.ts'

/** Servers refuse more. */
export const LONGEST_SERVICE_TOKEN_MS: number = HOUR

const GET_SERVICE_AUTH = 'com.atproto.server.getServiceAuth'

/** What a service token is to be good for. */
export interface ServiceAuthOptions extends CallOptions {
  /**
   * The service that is called: its DID, with its name behind a `#`, as in `did:web:api.example.com#example_api`. A DID
   * alone is the older form: for services that know no other, such as a PDS.
   */
  readonly audience: Did
  /** The one method that it can be used for. */
  readonly method: MethodName
  /**
   * How long it can be used, in ms, by the clock of this machine: from a second to an hour.
   *
   * @default one minute, by the clock of the server
   */
  readonly lifetimeMs?: number
}

/** A token in the account's name: `authorization: Bearer <token>`, for that service and method only. */
export interface ServiceToken {
  readonly token: string
}

/**
 * Asks the account's server for a service token.
 *
 * @throws TypeError where the audience is no service, the method no NSID, or the lifetime out of its range
 * @throws XrpcError `error_response`, `response_invalid`
 * @see https://atproto.com/specs/xrpc#inter-service-authentication-jwt
 */
export async function requestServiceToken<D extends Did>(
  client: XrpcClient<D>,
  options: ServiceAuthOptions,
  clock: Clock,
): Promise<XrpcResult<ServiceToken, D>> {
  assertNames(options, ['audience', 'method', 'lifetimeMs'])
  const { audience, method, lifetimeMs, ...call } = options
  const service = String(audience).includes('#') ? audience : `${audience}#service`
  if (!SERVICE_REFERENCE.isRight(service)) {
    throw wrongArgument('audience', SERVICE_REFERENCE.expected, audience)
  }
  if (typeof method !== 'string' || !isNsid(method)) {
    throw wrongArgument('method', 'an NSID such as com.example.getThings', method)
  }
  const params = { aud: audience, lxm: method, ...(lifetimeMs !== undefined && expiry(clock, lifetimeMs)) }
  const result = await client.get(GET_SERVICE_AUTH, { ...call, params })
  const token: unknown = result.data?.token
  if (typeof token === 'string' && token !== '') return { ...result, data: { token } }
  // What came in its place is not shown: it may be half a token.
  throw refuseAnswer(GET_SERVICE_AUTH, result, { field: 'token', expected: 'a token' })
}

/** Without an `exp` the server gives a minute by its own clock, which no wrong clock of ours can spoil. */
function expiry(clock: Clock, lifetimeMs: number): { readonly exp: number } {
  if (typeof lifetimeMs !== 'number' || !(lifetimeMs >= SECOND && lifetimeMs <= LONGEST_SERVICE_TOKEN_MS)) {
    throw wrongArgument('lifetimeMs', `a time in ms from ${SECOND} to ${LONGEST_SERVICE_TOKEN_MS}`, lifetimeMs)
  }
  return { exp: Math.floor((clock.now() + lifetimeMs) / SECOND) }
}
