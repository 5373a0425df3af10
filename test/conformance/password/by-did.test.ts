import { memoryStorage, signInWithPassword } from 'atproof'
import { fakeNetwork } from 'atproof/testing'
import { expect, test, vi } from 'vitest'
import { failureOf } from '../scene.ts'

// What tells handles, DIDs and URLs apart parses DIDs with a library, which those who come back do without.
vi.mock(import('../../../src/discovery/identifier.ts'), () => ({
  parseIdentifier() {
    throw new Error('it was parsed')
  },
}))

test('a DID is signed in and gone on with without the parser of what people type', async () => {
  const network = fakeNetwork()
  const { did, handle, password } = network.createAccount('alice.example.com')
  const { fetch, resolveTxt, clock } = network
  const options = { fetch, resolveTxt, clock, storage: memoryStorage({ clock }) }
  const { session } = await signInWithPassword(did, password, options)
  network.log.clear()
  const client = await signInWithPassword(did, password, options)
  expect(client.session.sessionId).toBe(session.sessionId)
  expect(network.log.entries).toEqual([])
  // A handle needs it, so that the test above can fail.
  const error = await failureOf(signInWithPassword(handle, password, options))
  expect(error.message).toBe('it was parsed')
})
