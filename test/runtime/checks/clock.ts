import { fakeNetwork, testClock } from 'atproof/testing'
import { assertFacts, assertSame, failureOf, watch } from './assert.ts'
import type { Checks } from './checks.ts'
import { clientOf, GET_SESSION, signedInAlice } from './scene.ts'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const RSA = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
const TIME_LIMIT = 60_000

/** Time that stands, moves and runs as the test says, and knows when all work is done. */
export const clockChecks: Checks = {
  async 'strikes a hanging call when time has reached its limit, and not before'() {
    const { network, client } = await signedInAlice()
    const hanging = network.fault({ path: `/xrpc/${GET_SESSION}`, hang: 'answer' })
    const call = watch(client.get(GET_SESSION))
    await hanging.hit
    await network.clock.advance(TIME_LIMIT - 1)
    assertSame(call.state, 'pending')
    await network.clock.advance(1)
    assertFacts(call.error, { name: 'NetworkError', code: 'timeout' })
    network.close()
  },

  async 'by itself, strikes a call that hangs'() {
    const { network, client } = await signedInAlice({ clock: testClock({ autoAdvance: true }) })
    const start = network.clock.monotonic()
    network.fault({ path: `/xrpc/${GET_SESSION}`, hang: 'request' })
    assertFacts(await failureOf(client.get(GET_SESSION)), { name: 'NetworkError', code: 'timeout' })
    assertSame(network.clock.monotonic() - start, TIME_LIMIT)
    network.close()
  },

  async 'by itself, strikes no answer that is on its way: twenty sign-ins'() {
    const network = fakeNetwork({ clock: testClock({ autoAdvance: true }) })
    const start = network.clock.monotonic()
    for (let person = 0; person < 20; person += 1) {
      const client = await network.signIn(`person-${person}.test`)
      await client.get(GET_SESSION)
    }
    // No time passed: nothing ever waited for it.
    assertSame(network.clock.monotonic() - start, 0)
    network.close()
  },

  async 'by itself, lets a delay pass while WebCrypto is at work'() {
    const network = fakeNetwork({ clock: testClock({ autoAdvance: true }) })
    network.createAccount('alice.test')
    network.fault({ path: '/oauth/par', delay: 'answer', ms: 9000 })
    const { url } = await clientOf(network).authorize('alice.test')
    assertSame(new URL(url).origin, network.issuer)
    network.close()
  },

  async 'settles when WebCrypto has answered hundreds of jobs'() {
    const clock = testClock()
    let done = 0
    const count = () => void (done += 1)
    const chain = async () => {
      for (let job = 0; job < 100; job += 1) {
        const { privateKey } = await crypto.subtle.generateKey(ECDSA, false, ['sign'])
        await crypto.subtle.sign(ECDSA, privateKey, new Uint8Array(8))
        count()
      }
    }
    void chain()
    for (let job = 0; job < 3; job += 1) void crypto.subtle.generateKey(RSA, false, ['sign']).then(count)
    for (let job = 0; job < 200; job += 1) void crypto.subtle.digest('SHA-256', new Uint8Array(8)).then(count)
    await clock.settle()
    assertSame(done, 303)
    clock.close()
  },

  async 'settles when the bodies of many answers are read'() {
    const network = fakeNetwork()
    const alice = network.createAccount('alice.test')
    const large = 'x'.repeat(300_000)
    network.host('https://large.example', () => new Response(large))
    let done = 0
    const chain = async () => {
      for (let round = 0; round < 20; round += 1) {
        await (await network.fetch(`https://plc.directory/${alice.did}`)).json()
        await (await network.fetch('https://alice.test/.well-known/atproto-did')).text()
        await (await network.fetch('https://large.example')).clone().arrayBuffer()
        done += 1
      }
    }
    void chain()
    await network.clock.settle()
    assertSame(done, 20)
    network.close()
  },

  async 'settles when all of a sign-in is done that a test did not wait for'() {
    const network = fakeNetwork()
    const signIns = ['alice.test', 'bob.test', 'carol.test'].map((handle) => watch(network.signIn(handle)))
    await network.clock.settle()
    assertSame(
      signIns.map(({ state }) => state),
      ['fulfilled', 'fulfilled', 'fulfilled'],
    )
    network.close()
  },

  async 'leaves nothing running after close'() {
    const before = crypto.subtle.sign
    const { network, client } = await signedInAlice()
    const hanging = ['request', 'answer', 'body'] as const
    const faults = hanging.map((hang) => network.fault({ path: `/xrpc/${GET_SESSION}`, hang }))
    const once = client.with({ retry: { limit: 0 } })
    const calls = faults.map(() => watch(once.get(GET_SESSION)))
    await Promise.all(faults.map(({ hit }) => hit))
    await network.clock.settle()
    assertSame(
      calls.map(({ state }) => state),
      ['pending', 'pending', 'pending'],
    )
    network.close()
    const clock = testClock()
    await clock.settle()
    clock.close()
    assertSame(
      calls.map(({ state }) => state),
      ['rejected', 'rejected', 'rejected'],
    )
    assertSame(network.clock.sleeping, 0)
    assertFacts(await failureOf(network.fetch(network.pds)), { name: 'TypeError' })
    assertSame(crypto.subtle.sign === before, true)
  },
}
