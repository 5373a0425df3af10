import type { Setup } from '../flow/setup.ts'
import { MINUTE } from '../http/clock.ts'
import { confirmIssuer } from './confirm-issuer.ts'
import { debtOf, revokeOwed } from './debt.ts'
import type { Hooks } from './deployment.ts'
import { tellNews } from './news.ts'
import { oauthCallKind } from './oauth-call-kind.ts'
import { createOAuthSpender } from './oauth-spender.ts'
import type { SessionRecord } from './record.ts'
import { sessionError } from './session-error.ts'
import type { SessionKind } from './session-kind.ts'
import { signInOf } from './sign-in-of.ts'

/** What refreshes and signs out sessions of OAuth. */
export type OAuthKindSetup = Pick<Setup, 'directory' | 'authentication' | 'random'> & Hooks

/** How long ago the PDS answered, at most, for a stream to go first: the reference server takes a nonce for 2 to 3 minutes. */
const YOUNG_NONCE_MS: number = MINUTE

/** Sessions that began with OAuth. */
export function oauthKind(setup: OAuthKindSetup): SessionKind<SessionRecord> {
  const { directory, authentication } = setup
  return {
    ...oauthCallKind(directory.transport, (known, met) => tellNews(setup, known, met)),
    signInOf,
    mayBeRefused: async ({ memory, record }) => !memory.nonces.isKnown(new URL(record.pds).origin, YOUNG_NONCE_MS),
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
