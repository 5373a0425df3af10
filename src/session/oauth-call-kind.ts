import type { Transport } from '../http/transport.ts'
import { askWithProof, type TellEncounter } from './oauth-ask.ts'
import { OAUTH_FOLDER, parseStored, type SessionRecord } from './record.ts'
import type { CallKind } from './session-kind.ts'

/** How sessions that began with OAuth are read, and call. */
export function oauthCallKind(transport: Transport, tell: TellEncounter): CallKind<SessionRecord> {
  return {
    folder: OAUTH_FOLDER,
    parse: parseStored,
    ask: (known, request) => askWithProof(transport, tell, known, request),
  }
}
