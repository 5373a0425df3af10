import { hashBase64url } from '../hash.ts'
import { invalidGrant, OAuthError } from '../oauth-error.ts'
import { findAuthFault } from './client-auth.ts'
import type { Grant, PushedRequests } from './pushed-requests.ts'
import type { Caller, ServerSession, ServerSessions } from './server-sessions.ts'
import { checkShape, type CodeRequest } from './token-requests.ts'

/** Turns codes into sessions, each of them once. */
export class CodeExchange {
  readonly #requests: PushedRequests
  readonly #sessions: ServerSessions
  /** What came of each code. */
  readonly #sessionsByCode = new Map<string, ServerSession>()
  readonly #challenges = new Set<string>()

  constructor(requests: PushedRequests, sessions: ServerSessions) {
    this.#requests = requests
    this.#sessions = sessions
  }

  async exchange(params: CodeRequest, caller: Caller): Promise<ServerSession> {
    const { code, code_verifier: verifier } = params
    checkShape(code, 'cod', 'code')
    const challenge = verifier === undefined ? undefined : await hashBase64url(verifier)
    // From here on nothing waits: consuming a code and making its session is one step.
    const grant = this.#consume(code)
    const mismatch = findMismatch(grant, params, caller, challenge)
    if (mismatch !== undefined) throw invalidGrant(mismatch)
    if (this.#challenges.has(grant.request.params.code_challenge))
      throw invalidGrant('Code challenge already used')
    this.#challenges.add(grant.request.params.code_challenge)
    // The reference server looks for an account that is not there any more, and fails.
    if (!grant.isUsable()) throw new OAuthError(500, 'server_error', 'Server error')
    const session = this.#sessions.create({ ...caller, did: grant.did, scope: grant.scope })
    this.#sessionsByCode.set(code, session)
    return session
  }

  #consume(code: string): Grant {
    const grant = this.#requests.consume(code)
    if (grant) return grant
    const session = this.#sessionsByCode.get(code)
    if (session) this.#sessions.delete(session)
    throw invalidGrant('Invalid code')
  }
}

function findMismatch(
  { request }: Grant,
  params: CodeRequest,
  { client, auth, thumbprint }: Caller,
  challenge: string | undefined,
): string | undefined {
  if (request.client.id !== client.id) return 'Token was not issued to this client'
  if (request.thumbprint !== undefined && request.thumbprint !== thumbprint) {
    return 'DPoP proof does not match the expected JKT'
  }
  const fault = findAuthFault(request.auth, auth)
  if (fault !== undefined) return fault
  if (request.params.redirect_uri !== params.redirect_uri) {
    return 'The redirect_uri parameter must match the one used in the authorization request'
  }
  if (challenge === undefined) return 'code_verifier is required'
  return request.params.code_challenge === challenge ? undefined : 'Invalid code_verifier'
}
