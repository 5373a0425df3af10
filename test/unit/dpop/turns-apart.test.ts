import { expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { NonceMemory } from '../../../src/dpop/nonces.ts'

const PDS = 'https://pds.example.com'
const { signal } = new AbortController()

/** Requests of a runtime that keeps them apart: when each was on its way. */
function scene() {
  const clock = testClock()
  const nonces = new NonceMemory(clock)
  const began = clock.monotonic()
  const ask = async () => {
    const { promise: headers, resolve: comeBack } = Promise.withResolvers<void>()
    const sent = Promise.withResolvers<{ comeBack: () => void; waitedMs: number }>()
    const send = () => {
      sent.resolve({ comeBack, waitedMs: clock.monotonic() - began })
      return headers
    }
    nonces.inTurn(PDS, signal, { mayLead: true, isolatesRequests: true }, send).catch(sent.reject)
    return sent.promise
  }
  return { clock, nonces, ask }
}

test('[G2] follows one that went ahead, where requests are kept apart', async () => {
  const { clock, nonces, ask } = scene()
  const first = await ask()
  const second = ask()
  await clock.advance(200)
  nonces.learn(PDS, new Response(null, { headers: { 'dpop-nonce': 'n1' } }))
  first.comeBack()
  await clock.advance(50)
  const { waitedMs } = await second
  expect(waitedMs).toBeGreaterThanOrEqual(200)
  expect(waitedMs).toBeLessThanOrEqual(250)
})

test('[G2] waits a second for one that was stopped, and lets the next one lead', async () => {
  const { clock, ask } = scene()
  await ask() // stopped: it never comes back
  const second = ask()
  await clock.advance(1000)
  expect((await second).waitedMs).toBe(1000)
  const leader = await ask()
  expect(leader.waitedMs).toBe(1000)
  const follower = ask()
  await clock.advance(100)
  leader.comeBack()
  await clock.advance(50)
  expect((await follower).waitedMs).toBeGreaterThanOrEqual(1100)
})

test('[G2] one that comes back late takes nothing from the one that leads now', async () => {
  const { clock, ask } = scene()
  const first = await ask()
  await clock.advance(1000)
  await ask() // leads now: nobody waits for the first one any more
  first.comeBack()
  await clock.settle()
  const follower = ask()
  await clock.advance(1000)
  expect((await follower).waitedMs).toBe(2000)
})
