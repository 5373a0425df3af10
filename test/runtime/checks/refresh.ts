import { assertFacts, assertSame, failureOf } from './assert.ts'
import type { Checks } from './checks.ts'
import { GET_SESSION, signedInAlice, TOKEN_ENDPOINT } from './scene.ts'

const MINUTE = 60_000

/** What a refresh meets, over time. */
export const refreshChecks: Checks = {
  async 'says so when the answer to a refresh was lost'() {
    const { network, client } = await signedInAlice()
    network.fault({ path: TOKEN_ENDPOINT, lose: 'answer', times: 2 })
    assertFacts(await failureOf(client.refresh()), { code: 'refresh_unanswered', retryable: true })
    await network.clock.advance(6 * MINUTE)
    const failure = failureOf(client.get(GET_SESSION))
    await network.clock.advance(2000)
    assertFacts(await failure, { code: 'needs_reauth', reason: 'refresh_response_lost' })
    network.close()
  },

  async 'waits for the refresh of another process and takes its tokens'() {
    const { network, client, otherProcess } = await signedInAlice()
    const other = await otherProcess()
    network.log.clear()
    const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'answer' })
    const refreshing = other.refresh()
    await slow.hit
    const call = client.get(GET_SESSION)
    await network.clock.advance(5000)
    slow.release()
    await refreshing
    await network.clock.advance(1000)
    assertSame((await call).status, 200)
    assertSame(network.account('alice.test')?.session.refreshCount, 1)
    network.close()
  },

  async 'refreshes by itself when a token is at its end'() {
    const { network, client } = await signedInAlice()
    await network.clock.advance(57 * MINUTE)
    // In Workers those who wait for the refresh of another look by the clock.
    network.clock.auto()
    await Promise.all([client.get(GET_SESSION), client.get(GET_SESSION), client.get(GET_SESSION)])
    assertSame(network.account('alice.test')?.session.refreshCount, 1)
    network.close()
  },
}
