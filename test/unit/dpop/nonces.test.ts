import { expect, test } from 'vitest'
import { NonceMemory } from '../../../src/dpop/nonces.ts'
import { testClock } from 'atproof/testing'

const PDS = 'https://pds.example.com'
const AS = 'https://as.example.com'
const { signal } = new AbortController()

function scene() {
  const clock = testClock()
  return { clock, nonces: new NonceMemory(clock) }
}

function answer(nonce?: string, status = 200): Response {
  return new Response(null, { status, headers: nonce === undefined ? {} : { 'dpop-nonce': nonce } })
}

/** A request that waits for its turn, and whether it is on its way. Its headers are there when it comes back. */
function asks(nonces: NonceMemory, origin: string, options: { signal?: AbortSignal; mayLead?: boolean } = {}) {
  const headers = Promise.withResolvers<string>()
  const seen = { isOnItsWay: false, error: undefined as unknown, ...headers, comeBack: () => headers.resolve('') }
  const send = () => {
    seen.isOnItsWay = true
    return headers.promise
  }
  const turn = { mayLead: options.mayLead ?? true }
  nonces
    .inTurn(origin, options.signal ?? signal, turn, send)
    .catch((error: unknown) => Object.assign(seen, { error }))
  return seen
}

test('[G2] knows no nonce at first', () => {
  expect(scene().nonces.recall(PDS)).toBeUndefined()
})

test.each([200, 400, 401, 403, 500])('[G2] takes the newest nonce, from an answer with %d too', (status) => {
  const { nonces } = scene()
  nonces.learn(PDS, answer('n1'))
  nonces.learn(PDS, answer('n2', status))
  expect(nonces.recall(PDS)).toBe('n2')
})

test('[G2] an answer without a nonce takes none away', () => {
  const { nonces } = scene()
  nonces.learn(PDS, answer('n1'))
  nonces.learn(PDS, answer())
  expect(nonces.recall(PDS)).toBe('n1')
})

test('[G2] keeps the nonces of each origin to itself', () => {
  const { nonces } = scene()
  nonces.learn(PDS, answer('of-pds'))
  nonces.learn(AS, answer('of-as'))
  expect([nonces.recall(PDS), nonces.recall(AS)]).toEqual(['of-pds', 'of-as'])
  expect(nonces.recall('https://pds.example.com:8443')).toBeUndefined()
})

test('keeps a nonce that was learned elsewhere, until a newer one comes', () => {
  const { nonces } = scene()
  nonces.keep(AS, 'kept')
  expect(nonces.recall(AS)).toBe('kept')
  nonces.learn(AS, answer('newer'))
  expect(nonces.recall(AS)).toBe('newer')
})

test('forgets a nonce after three minutes, whatever the wall clock does', async () => {
  const { clock, nonces } = scene()
  nonces.learn(PDS, answer('n1'))
  clock.jumpWall(86_400_000)
  await clock.advance(179_999)
  expect(nonces.recall(PDS)).toBe('n1')
  clock.jumpWall(-86_400_000)
  await clock.advance(1)
  expect(nonces.recall(PDS)).toBeUndefined()
})

test('counts the three minutes from the newest', async () => {
  const { clock, nonces } = scene()
  nonces.learn(PDS, answer('n1'))
  await clock.advance(120_000)
  nonces.learn(PDS, answer('n2'))
  await clock.advance(120_000)
  expect(nonces.recall(PDS)).toBe('n2')
})

test('lets one go ahead while no nonce is known; the others wait for its headers', async () => {
  const { clock, nonces } = scene()
  const [first, second, third] = [asks(nonces, PDS), asks(nonces, PDS), asks(nonces, PDS)]
  await clock.settle()
  expect([first.isOnItsWay, second.isOnItsWay, third.isOnItsWay]).toEqual([true, false, false])
  nonces.learn(PDS, answer('n1'))
  first.comeBack()
  await clock.settle()
  expect([second.isOnItsWay, third.isOnItsWay]).toEqual([true, true])
  expect(clock.sleeping).toBe(0)
})

test('lets nobody wait where the nonce is known', async () => {
  const { clock, nonces } = scene()
  nonces.learn(PDS, answer('n1'))
  const all = [asks(nonces, PDS), asks(nonces, PDS), asks(nonces, PDS, { mayLead: false })]
  await clock.settle()
  expect(all.every(({ isOnItsWay }) => isOnItsWay)).toBe(true)
})

test('lets nobody wait for a server that hands out no nonces, once it has answered', async () => {
  const { clock, nonces } = scene()
  asks(nonces, PDS)
  await clock.settle()
  nonces.learn(PDS, answer())
  const later = [asks(nonces, PDS), asks(nonces, PDS)]
  await clock.settle()
  expect(later.every(({ isOnItsWay }) => isOnItsWay)).toBe(true)
})

test('lets one go ahead again when the nonce has grown old', async () => {
  const { clock, nonces } = scene()
  nonces.learn(PDS, answer('n1'))
  await clock.advance(180_000)
  const [first, second] = [asks(nonces, PDS), asks(nonces, PDS)]
  await clock.settle()
  expect([first.isOnItsWay, second.isOnItsWay]).toEqual([true, false])
})

test('lets one go ahead for each origin', async () => {
  const { clock, nonces } = scene()
  const all = [asks(nonces, PDS), asks(nonces, AS), asks(nonces, PDS)]
  await clock.settle()
  expect(all.map(({ isOnItsWay }) => isOnItsWay)).toEqual([true, true, false])
})

test('lets the others go when the one ahead has failed, and the next one leads', async () => {
  const { clock, nonces } = scene()
  const [first, second] = [asks(nonces, PDS), asks(nonces, PDS)]
  await clock.settle()
  first.reject(new Error('no connection'))
  await clock.settle()
  expect(second.isOnItsWay).toBe(true)
  const [third, fourth] = [asks(nonces, PDS), asks(nonces, PDS)]
  await clock.settle()
  expect([third.isOnItsWay, fourth.isOnItsWay]).toEqual([true, false])
})

test('lets the others wait a second, and not longer', async () => {
  const { clock, nonces } = scene()
  asks(nonces, PDS)
  const second = asks(nonces, PDS)
  await clock.advance(999)
  expect(second.isOnItsWay).toBe(false)
  await clock.advance(1)
  expect(second.isOnItsWay).toBe(true)
})

test('an abort ends the waiting of that one only, with its reason', async () => {
  const { clock, nonces } = scene()
  const controller = new AbortController()
  const first = asks(nonces, PDS)
  const second = asks(nonces, PDS, { signal: controller.signal })
  const third = asks(nonces, PDS)
  await clock.settle()
  controller.abort('closed')
  await clock.settle()
  expect(second).toMatchObject({ isOnItsWay: false, error: 'closed' })
  expect(third.isOnItsWay).toBe(false)
  expect(clock.sleeping).toBe(1)
  first.comeBack()
  await clock.settle()
  expect(third.isOnItsWay).toBe(true)
})

test('a stream never goes ahead for others: it goes, and they are not made to wait for it', async () => {
  const { clock, nonces } = scene()
  const stream = asks(nonces, PDS, { mayLead: false })
  const other = asks(nonces, PDS)
  await clock.settle()
  expect([stream.isOnItsWay, other.isOnItsWay]).toEqual([true, true])
})

test('a stream waits for one that went ahead', async () => {
  const { clock, nonces } = scene()
  const first = asks(nonces, PDS)
  const stream = asks(nonces, PDS, { mayLead: false })
  await clock.settle()
  expect(stream.isOnItsWay).toBe(false)
  first.comeBack()
  await clock.settle()
  expect(stream.isOnItsWay).toBe(true)
})

test.each([true, false])('hands back what came of sending, where it may lead: %s', async (mayLead) => {
  const { nonces } = scene()
  const turn = { mayLead }
  expect(await nonces.inTurn(PDS, signal, turn, async () => 'the answer')).toBe('the answer')
  const failing = nonces.inTurn(PDS, signal, turn, () => Promise.reject(new Error('no connection')))
  await expect(failing).rejects.toThrow('no connection')
})

test('hands back what came of sending to one that waited', async () => {
  const { clock, nonces } = scene()
  const first = asks(nonces, PDS)
  const second = nonces.inTurn(PDS, signal, { mayLead: true }, async () => 'the answer')
  await clock.settle()
  first.comeBack()
  expect(await second).toBe('the answer')
})

test('knows an origin that answered within a time, with a nonce or without one', async () => {
  const { clock, nonces } = scene()
  expect(nonces.isKnown(PDS, 1000)).toBe(false)
  nonces.learn(PDS, answer())
  nonces.learn(AS, answer('n1'))
  await clock.advance(999)
  expect([nonces.isKnown(PDS, 1000), nonces.isKnown(AS, 1000)]).toEqual([true, true])
  await clock.advance(1)
  expect([nonces.isKnown(PDS, 1000), nonces.isKnown(AS, 1000)]).toEqual([false, false])
})
