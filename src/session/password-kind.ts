import type { Directory } from '../discovery/directory.ts'
import { askWithToken } from './ask-with-token.ts'
import { confirmPds } from './confirm-pds.ts'
import { deleteSession } from './delete-session.ts'
import { PASSWORD_FOLDER, parsePassword, type PasswordRecord } from './password-record.ts'
import { createPasswordSpender } from './password-spender.ts'
import type { SessionKind } from './session-kind.ts'

/** Sessions that began with a password. */
export function passwordKind(directory: Directory): SessionKind<PasswordRecord> {
  const { transport } = directory
  return {
    folder: PASSWORD_FOLDER,
    parse: parsePassword,
    signInOf: ({ signIn }) => signIn,
    ask: (known, request) => askWithToken(transport, known, request),
    // There is no nonce to want. A token that is no JWT may be over at any time.
    mayBeRefused: async ({ record }) => record.tokens.expiresAt === undefined,
    confirm: (known, record) => confirmPds(directory, known, record),
    createSpender: async (_, record) => createPasswordSpender(directory, record),
    debtOf: ({ kind, signIn, tokens, issuer }) => ({ kind, signIn, refreshToken: tokens.refreshToken, issuer }),
    revoke: ({ issuer, refreshToken }) => deleteSession(transport, issuer, refreshToken),
  }
}
