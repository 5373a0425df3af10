import type { FakeNetwork } from 'atproof/testing'
import { type Key, PlainClient } from '../../../e2e/contract/plain-client.ts'

export { generateKey, type Key, type Tokens } from '../../../e2e/contract/plain-client.ts'

/** The client of the contract suite, by the clock of the client under test. */
export class MiniClient extends PlainClient {
  constructor(network: FakeNetwork, key: Key, clientId?: string) {
    const { fetch, pds, issuer, clock } = network
    super({ fetch, pds, issuer, now: () => clock.now() }, key)
    if (clientId !== undefined) this.clientId = clientId
  }
}
