import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'

describe('testClock', () => {
  test('a sleep ends only when the test moves past it', async () => {
    const clock = testClock()
    const seen: string[] = []
    void clock.sleep(1000).then(() => seen.push('woke'))
    await clock.advance(999)
    expect(seen).toEqual([])
    await clock.advance(1)
    expect(seen).toEqual(['woke'])
  })

  test('advance goes from sleeper to sleeper in order, and sees those that are added on the way', async () => {
    const clock = testClock()
    const start = clock.now()
    const seen: [string, number][] = []
    const note = (name: string) => seen.push([name, clock.now() - start])
    void clock.sleep(300).then(() => note('late'))
    const early = async () => {
      await clock.sleep(100)
      note('early')
      await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
      await clock.sleep(100)
      note('added')
    }
    void early()
    await clock.advance(1000)
    expect(seen).toEqual([
      ['early', 100],
      ['added', 200],
      ['late', 300],
    ])
    expect(clock.now() - start).toBe(1000)
  })

  test('a sleep rejects with the reason of its signal and is forgotten', async () => {
    const clock = testClock()
    const controller = new AbortController()
    const sleep = clock.sleep(1000, controller.signal)
    controller.abort('enough')
    await expect(sleep).rejects.toBe('enough')
    await expect(clock.sleep(1000, controller.signal)).rejects.toBe('enough')
    expect(clock.sleeping).toBe(0)
  })

  test('no time is no sleep, and what is no number is a mistake', async () => {
    const clock = testClock()
    await clock.sleep(0)
    await clock.sleep(-1)
    await expect(clock.sleep(Number.NaN)).rejects.toThrow(TypeError)
  })

  test('jumpWall moves the wall clock alone', async () => {
    const clock = testClock()
    const [wall, monotonic] = [clock.now(), clock.monotonic()]
    clock.jumpWall(-5000)
    expect([clock.now(), clock.monotonic()]).toEqual([wall - 5000, monotonic])
  })

  test('auto jumps to each sleeper, until it is switched off', async () => {
    const clock = testClock()
    const start = clock.monotonic()
    const stop = clock.auto()
    await clock.sleep(60_000)
    await clock.sleep(5_000)
    expect(clock.monotonic() - start).toBe(65_000)
    stop()
    const sleep = clock.sleep(1000).then(() => 'woke')
    await clock.settle()
    await clock.settle()
    expect(clock.sleeping).toBe(1)
    await clock.advance(1000)
    expect(await sleep).toBe('woke')
  })

  test('auto waits for WebCrypto and for whoever said busy', async () => {
    const clock = testClock({ autoAdvance: true })
    const limit = new AbortController()
    let isLate = false
    void clock.sleep(20_000, limit.signal).then(
      () => (isLate = true),
      () => undefined,
    )
    for (let i = 0; i < 50; i += 1) {
      await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
    }
    clock.busy()
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(isLate).toBe(false)
    limit.abort()
    clock.idle()
  })
})
