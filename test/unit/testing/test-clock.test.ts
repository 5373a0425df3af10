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

  test('settle waits for hundreds of jobs of WebCrypto, one after the other and all at once', async () => {
    const clock = testClock()
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
    let done = 0
    const chain = async () => {
      for (let i = 0; i < 300; i += 1) {
        const { privateKey } = await crypto.subtle.generateKey(algorithm, false, ['sign'])
        await crypto.subtle.sign(algorithm, privateKey, new Uint8Array(8))
        done += 1
      }
    }
    const slow = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1), hash: 'SHA-256' }
    void chain()
    for (let i = 0; i < 10; i += 1) void crypto.subtle.generateKey(slow, false, ['sign']).then(() => (done += 1))
    for (let i = 0; i < 300; i += 1)
      void crypto.subtle.digest('SHA-256', new Uint8Array(8)).then(() => (done += 1))
    await clock.settle()
    expect(done).toBe(610)
    clock.close()
  })

  test('settle waits for a job that fails, and for whoever said busy until all have said idle', async () => {
    const clock = testClock()
    const failed = crypto.subtle
      .importKey('jwk', {}, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
      .catch(() => 'failed')
    await clock.settle()
    expect(await Promise.race([failed, 'not yet'])).toBe('failed')
    clock.busy()
    clock.busy()
    let isSettled = false
    const settled = clock.settle().then(() => (isSettled = true))
    clock.idle()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(isSettled).toBe(false)
    clock.idle()
    await settled
    expect(() => clock.idle()).toThrow('idle() without a busy()')
    clock.close()
  })

  test('the second of two advances begins where the first ended', async () => {
    const clock = testClock()
    const start = clock.monotonic()
    const woken: number[] = []
    for (const ms of [100, 150, 250]) void clock.sleep(ms).then(() => woken.push(clock.monotonic() - start))
    const first = clock.advance(100)
    const second = clock.advance(100)
    await first
    expect(clock.monotonic() - start).toBe(100)
    await second
    expect([clock.monotonic() - start, woken]).toEqual([200, [100, 150]])
  })

  test('what is no time is a mistake', async () => {
    const clock = testClock()
    for (const ms of [Number.NaN, -1, Infinity]) await expect(clock.advance(ms)).rejects.toThrow(TypeError)
    expect(() => clock.jumpWall(Number.NaN)).toThrow('jumpWall: expected a finite number, found NaN')
    expect(() => testClock({ start: Number.NaN })).toThrow('start: expected a finite number')
    await clock.advance(0)
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
  })

  test('a clock that is closed wakes nobody, now or later; a signal still ends a sleep', async () => {
    const clock = testClock({ autoAdvance: true })
    clock.busy()
    const seen: string[] = []
    const controller = new AbortController()
    const note = (name: string) => [() => seen.push(name), () => seen.push(`${name} aborted`)] as const
    void clock.sleep(1000).then(...note('early'))
    clock.close()
    void clock.sleep(1000, controller.signal).then(...note('late'))
    expect(clock.sleeping).toBe(0)
    clock.auto()
    await clock.settle()
    await clock.advance(5000)
    expect(seen).toEqual([])
    controller.abort()
    await new Promise((resolve) => setTimeout(resolve))
    expect(seen).toEqual(['late aborted'])
  })

  test('clocks run apart', async () => {
    const [one, other] = [testClock({ start: 5 }), testClock({ autoAdvance: true })]
    await one.advance(1000)
    void one.sleep(1000)
    await other.sleep(60_000)
    expect([one.now(), one.sleeping]).toEqual([1005, 1])
    expect(other.now()).toBe(Date.UTC(2026, 0, 1) + 60_000)
  })
})
