import { dpopFetch, type Encounter } from '../dpop/dpop-fetch.ts'
import { untilAborted } from '../http/deadline.ts'
import { joinPath } from '../http/join-path.ts'
import type { Transport } from '../http/transport.ts'
import type { XrpcRequest } from '../xrpc/session.ts'
import type { KnownSession } from './known-session.ts'
import type { Asked } from './session-kind.ts'

/** Told what a request of a session met at a server. */
export type TellEncounter = (
  known: KnownSession,
  met: { readonly type: Encounter; readonly origin: string },
) => void

/** Asks once as OAuth does: with the newest access token, and a proof of its key. */
export async function askWithProof(
  transport: Transport,
  tell: TellEncounter,
  known: KnownSession,
  request: XrpcRequest,
): Promise<Asked> {
  // Of one record: a sign-in in between changes the key and the tokens.
  const { pds, tokens, gen } = known.record
  const signer = await known.signer()
  const { method, path, headers, body, isRepeatable, signal } = request
  const resource = { method, url: joinPath(pds, path), headers, body, isRepeatable }
  const { accessToken } = tokens
  const onEncounter = (type: Encounter, origin: string) => tell(known, { type, origin })
  const asking = dpopFetch(transport, signer, resource, { accessToken, signal, onEncounter })
  const { response, refusal } = await untilAborted(signal, asking)
  return { response, isRefused: refusal === 'invalid_token' && response.status === 401, gen, accessToken }
}
