import { NetworkError } from '../errors/network-error.ts'
import type { Revocation } from '../flow/request-revocation.ts'
import type { Transport } from '../http/transport.ts'
import { callServer } from './call-server.ts'
import { REVOCATION_TIMEOUT_MS } from './call-limits.ts'

/** Has a server end the session of a refresh token. What the server or the network does is told in the result. */
export async function deleteSession(
  transport: Transport,
  server: string,
  token: string | undefined,
): Promise<Revocation> {
  if (token === undefined) return { accepted: false, reason: 'there is nothing to revoke' }
  const call = { server, method: 'deleteSession', token } as const
  try {
    const { status, found, detail } = await callServer(transport, call, { timeoutMs: REVOCATION_TIMEOUT_MS })
    if (status === 200) return { accepted: true }
    return { accepted: false, reason: `the server answered ${found}${detail === undefined ? '' : `: ${detail}`}` }
  } catch (error) {
    if (error instanceof NetworkError) return { accepted: false, reason: error.message }
    throw error
  }
}
