import { SERVER_SESSION_MEANINGS, type ServerSessionErrorCode } from '../errors/server-session-meanings.ts'
import { SessionError } from '../errors/session-error.ts'
import type { Named, OwnFacts } from './session-error.ts'

/** An error that names the session's account, of a kind that no page meets. */
export function serverSessionError(
  code: ServerSessionErrorCode,
  { sessionId, did, handle }: Named,
  facts: OwnFacts,
): SessionError {
  return new SessionError(code, { sessionId, did, handle, ...facts }, SERVER_SESSION_MEANINGS[code])
}
