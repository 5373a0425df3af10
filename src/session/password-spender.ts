import type { Directory } from '../discovery/directory.ts'
import type { EndReason, SessionError } from '../errors/session-error.ts'
import { hasTokenForm } from '../flow/token-response.ts'
import { callServer, type ServerAnswer } from './call-server.ts'
import { deleteSession } from './delete-session.ts'
import type { PasswordRecord } from './password-record.ts'
import { keptTokens, type PasswordTokens, readClaims, readPasswordTokens } from './password-tokens.ts'
import { sendTwice } from './send-twice.ts'
import { sessionError } from './session-error.ts'
import type { Received, Reply, Spender } from './session-kind.ts'

/** What the reference server answers for a refresh token that it does not take, whatever has become of it. */
const NOT_TAKEN: ReadonlySet<string | undefined> = new Set(['ExpiredToken', 'InvalidToken'])

/**
 * Takes a refresh token of a password to the server that gave it. The reference server takes a used one for two hours
 * more, and answers with tokens of the same next session; nothing here depends on that, since others need not.
 */
export function createPasswordSpender({ transport }: Directory, record: PasswordRecord): Spender {
  const { issuer: server, tokens } = record
  const call = { server, method: 'refreshSession', token: tokens.refreshToken } as const
  return {
    prepare: async (at) => async () => {
      const { clock } = transport
      const { answer, failure, isUnsent } = await sendTwice(clock, (limits) => callServer(transport, call, limits))
      if (answer) return judge(record, answer, { sentAt: at, now: clock.now() })
      if (isUnsent) return { outcome: 'refused', error: failure }
      return { outcome: 'unanswered', facts: { cause: failure } }
    },
    async giveBack({ refreshToken }) {
      await deleteSession(transport, server, refreshToken)
    },
  }
}

function judge(
  record: PasswordRecord,
  answer: ServerAnswer,
  { sentAt, now }: { readonly sentAt: number; readonly now: number },
): Reply {
  const { status, error } = answer
  const tokens = status === 200 ? readPasswordTokens(answer.body) : undefined
  if (tokens) return { outcome: 'received', received: receivedOf(record, tokens, sentAt) }
  if (status < 300 || status >= 500 || status === 408) return { outcome: 'unanswered', facts: describe(answer) }
  if (NOT_TAKEN.has(error)) {
    return { outcome: 'not_taken', error: refused(record, answer), reason: whyNotTaken(record, now) }
  }
  return { outcome: 'refused', error: refused(record, answer) }
}

function receivedOf(record: PasswordRecord, tokens: PasswordTokens, sentAt: number): Received {
  const { scope } = readClaims(tokens.accessToken)
  return {
    change: { tokens: keptTokens(tokens, sentAt), scope: scope || record.scope },
    given: tokens,
    flaw: flawOf(record, tokens),
  }
}

/** R23 */
function flawOf(
  record: PasswordRecord,
  { accessToken, refreshToken, did }: PasswordTokens,
): EndReason | undefined {
  if (!hasTokenForm(accessToken) || !hasTokenForm(refreshToken)) return 'bad_token_response'
  return did === record.did ? undefined : 'wrong_account'
}

/** The server says the same of a token that was used up, ended or has outlived its time. */
function whyNotTaken({ tokens }: PasswordRecord, now: number): EndReason {
  const { endsAt = Infinity } = readClaims(tokens.refreshToken ?? '')
  return endsAt <= now ? 'expired' : 'revoked'
}

/** R21: the server turned the request away for a reason of its own, and the refresh token is still good. */
function refused(record: PasswordRecord, answer: ServerAnswer): SessionError {
  const isTakenDown = answer.error === 'AccountTakedown'
  const action = 'ask whoever hosts the account: it was taken down'
  return sessionError('refresh_refused', record, {
    ...describe(answer),
    ...(isTakenDown && { action, retryable: false }),
  })
}

function describe({ found, detail, response }: ServerAnswer) {
  return { field: 'error', expected: 'tokens', found, detail, response }
}
