import { refusalOf } from '../dpop/refusal.ts'
import { untilAborted } from '../http/deadline.ts'
import { joinPath } from '../http/join-path.ts'
import { withBody } from '../http/request-body.ts'
import { assertAllowed } from '../http/allowed-url.ts'
import { fetchOnce, type Transport } from '../http/transport.ts'
import type { XrpcRequest } from '../xrpc/session.ts'
import type { KnownSession } from './known-session.ts'
import type { PasswordRecord } from './password-record.ts'
import type { Asked } from './session-kind.ts'

/** Asks once as the session of a password does: with the newest access token, and nothing beside it. */
export async function askWithToken(
  transport: Transport,
  known: KnownSession<PasswordRecord>,
  { method, path, headers: own, body, signal }: XrpcRequest,
): Promise<Asked> {
  // Of one record: a sign-in in between changes the server and the tokens.
  const { pds, tokens, gen } = known.record
  const { accessToken } = tokens
  const url = joinPath(pds, path)
  assertAllowed(transport, url)
  const headers = new Headers(own)
  headers.set('authorization', `Bearer ${accessToken}`)
  const init = withBody({ method, headers, signal }, await body?.())
  const response = await untilAborted(signal, fetchOnce(transport, url, init))
  // The reference server says so with 400. A token that it does not know, or that is not good for the method, is
  // `InvalidToken`: no refresh would help against that.
  const isRefused = (await refusalOf(response)) === 'ExpiredToken'
  return { response, isRefused, gen, accessToken }
}
