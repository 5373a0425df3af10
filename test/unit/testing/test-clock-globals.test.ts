import { testClock } from 'atproof/testing'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fakeNetwork } from 'atproof/testing'

const NAMES = ['sign', 'digest', 'generateKey', 'verify', 'importKey', 'exportKey'] as const

/** What a program sees of WebCrypto: whether a method is the runtime's own. */
function findWrapped(): string[] {
  return NAMES.filter((name) => Object.hasOwn(crypto.subtle, name))
}

describe('WebCrypto', () => {
  test('is itself again after the last close, and was watched until then', async () => {
    const { sign } = crypto.subtle
    const [one, other] = [testClock(), testClock()]
    expect(findWrapped()).toEqual(NAMES)
    one.close()
    one.close()
    expect(findWrapped()).toEqual(NAMES)
    other.close()
    expect([findWrapped(), crypto.subtle.sign]).toEqual([[], sign])
    const network = fakeNetwork()
    await network.signIn('alice.test')
    network.close()
    expect(findWrapped()).toEqual([])
  })

  test('what a test put in the place of a method comes back, and what it put over ours stays', async () => {
    const mine = vi.spyOn(crypto.subtle, 'digest')
    const clock = testClock()
    await crypto.subtle.digest('SHA-256', new Uint8Array())
    expect(mine).toHaveBeenCalledOnce()
    const over = vi.spyOn(crypto.subtle, 'sign')
    clock.close()
    expect(crypto.subtle.digest).toBe(mine)
    expect(crypto.subtle.sign).toBe(over)
    vi.restoreAllMocks()
    for (const name of NAMES) Reflect.deleteProperty(crypto.subtle, name)
  })
})

describe('fake timers', () => {
  beforeEach(() => vi.resetModules())
  afterEach(() => void vi.useRealTimers())

  test.each(['before', 'after'])('of vitest, installed %s the import, disturb nothing', async (when) => {
    if (when === 'before') vi.useFakeTimers()
    const { fakeNetwork: makeNetwork } = await import('atproof/testing')
    if (when === 'after') vi.useFakeTimers({ now: 0 })
    const network = makeNetwork()
    const start = network.clock.now()
    const client = await network.signIn('alice.test')
    network.fault({ path: '/oauth/token', delay: 'answer', ms: 3000 })
    const refreshed = client.refresh()
    await network.clock.advance(3000)
    await refreshed
    expect([network.clock.now() - start, vi.getTimerCount()]).toEqual([3000, 0])
    network.close()
  })
})
