import type { Setup } from '../flow/setup.ts'
import { confirmIssuer } from './confirm-issuer.ts'
import { debtOf, revokeOwed } from './debt.ts'
import type { Hooks } from './deployment.ts'
import { oauthCallKind } from './oauth-call-kind.ts'
import { createOAuthSpender } from './oauth-spender.ts'
import type { SessionRecord } from './record.ts'
import { sessionError } from './session-error.ts'
import type { SessionKind } from './session-kind.ts'

/** What refreshes and signs out sessions of OAuth. */
export type OAuthKindSetup = Pick<Setup, 'directory' | 'authentication' | 'random'> & Hooks

/** Sessions that began with OAuth. */
export function oauthKind(setup: OAuthKindSetup): SessionKind<SessionRecord> {
  const { directory, authentication } = setup
  return {
    ...oauthCallKind(directory.transport, setup),
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
