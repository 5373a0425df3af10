import type { Setup } from '../flow/setup.ts'
import { MINUTE } from '../http/clock.ts'
import { confirmIssuer } from './confirm-issuer.ts'
import { debtOf, revokeOwed } from './debt.ts'
import type { Hooks } from './deployment.ts'
import { askWithProof } from './oauth-ask.ts'
import { createOAuthSpender } from './oauth-spender.ts'
import { OAUTH_FOLDER, parseStored, type SessionRecord } from './record.ts'
import { sessionError } from './session-error.ts'
import type { SessionKind } from './session-kind.ts'
import { signInOf } from './sign-in-of.ts'

/** How long ago the PDS answered, at most, for a stream to go first: the reference server takes a nonce for 2 to 3 minutes. */
const YOUNG_NONCE_MS: number = MINUTE

/** Sessions that began with OAuth. */
export function oauthKind(setup: Setup & Hooks): SessionKind<SessionRecord> {
  const { directory, authentication } = setup
  return {
    folder: OAUTH_FOLDER,
    parse: parseStored,
    signInOf,
    ask: (known, request) => askWithProof(directory.transport, setup, known, request),
    async mayBeRefused(known) {
      const { nonces } = await known.signer()
      return !nonces.isKnown(new URL(known.record.pds).origin, YOUNG_NONCE_MS)
    },
    async confirm(known, record) {
      const lack = await authentication.findLack(record.clientAuth)
      if (lack) throw sessionError('client_key_missing', record, lack)
      return confirmIssuer(directory, known, record)
    },
    createSpender: (known, record) => createOAuthSpender(setup, known, record),
    debtOf,
    revoke: (owed, memory) => revokeOwed(setup, owed, memory),
  }
}
