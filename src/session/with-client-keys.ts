import type { BaseRecord } from './record.ts'
import type { SessionKind } from './session-kind.ts'
import { signingError } from './signing-error.ts'

/** A kind of session for clients that may have a key or a signer: what keeps that from signing is told of the session. */
export function withClientKeys<R extends BaseRecord>(kind: SessionKind<R>): SessionKind<R> {
  return {
    ...kind,
    async createSpender(known, record) {
      const spender = await kind.createSpender(known, record)
      return {
        giveBack: (tokens) => spender.giveBack(tokens),
        async prepare(at) {
          try {
            return await spender.prepare(at)
          } catch (error) {
            throw signingError(error, record)
          }
        },
      }
    },
  }
}
