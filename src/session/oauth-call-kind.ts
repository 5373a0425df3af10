import { MINUTE } from '../http/clock.ts'
import type { Transport } from '../http/transport.ts'
import type { Hooks } from './deployment.ts'
import { askWithProof } from './oauth-ask.ts'
import { OAUTH_FOLDER, parseStored, type SessionRecord } from './record.ts'
import type { CallKind } from './session-kind.ts'
import { signInOf } from './sign-in-of.ts'

/** How long ago the PDS answered, at most, for a stream to go first: the reference server takes a nonce for 2 to 3 minutes. */
const YOUNG_NONCE_MS: number = MINUTE

/** How sessions that began with OAuth are read, and call. */
export function oauthCallKind(transport: Transport, hooks: Hooks): CallKind<SessionRecord> {
  return {
    folder: OAUTH_FOLDER,
    parse: parseStored,
    signInOf,
    ask: (known, request) => askWithProof(transport, hooks, known, request),
    async mayBeRefused(known) {
      const { nonces } = await known.signer()
      return !nonces.isKnown(new URL(known.record.pds).origin, YOUNG_NONCE_MS)
    },
  }
}
