import type { Did } from '../syntax/did.ts'
import type { Caller } from './call.ts'
import { type ClientSettings, requestHeaders } from './client-settings.ts'
import { inTime } from './in-time.ts'
import { outgoingBody } from './outgoing-body.ts'

/** A request as another library makes it. */
export interface ForeignRequest {
  readonly path: string
  readonly init: RequestInit
  readonly settings: ClientSettings
}

/** What a client's `fetchHandler` is: sends what it is given with the caller's authority, and gives any answer as it came. */
export function fetchAs<D extends Did | undefined>(
  { session, clock }: Caller<D, unknown>,
  { path, init, settings }: ForeignRequest,
): Promise<Response> {
  const { signal, body } = init
  return inTime(clock, { path, signal, timeoutMs: settings.timeoutMs }, async (stop) => {
    const method = (init.method ?? 'GET').toUpperCase()
    const headers = requestHeaders(settings, init.headers)
    return (await session.send({ method, path, headers, ...outgoingBody(body), signal: stop })).response
  })
}
