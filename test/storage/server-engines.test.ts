import type { Storage } from 'atproof'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { keysIn } from '../conformance/scene.ts'
import { SERVER_ENGINES } from './server-engines.ts'
import { create, HOUR, KEY } from './server-scene.ts'

/** Puts 50 times at once. Exactly one wins. Returns its version. */
async function race(storages: readonly Storage[], ifVersion: string | null): Promise<string> {
  const takingTurns = Array.from({ length: 50 }, (_, at) => storages[at % storages.length])
  const putting = takingTurns.map((storage, at) => storage?.put(KEY, at, { ifVersion }))
  const winners = (await Promise.all(putting)).filter((version) => version !== undefined)
  expect(winners).toHaveLength(1)
  expect(await storages[0]?.get(KEY)).toMatchObject({ version: winners[0] })
  return winners[0] ?? ''
}

describe.each(SERVER_ENGINES)('$name', ({ entry, connections, writings, startServer, openOn, openPlace }) => {
  test('keeps what it answered through a kill in the middle of writing', async () => {
    const server = await startServer()
    onTestFinished(() => server.stop())
    const storage = await openOn(server.url)
    const answered = new Map<string, string>()
    const writing = Array.from({ length: writings }, async (_, at) => {
      const key = `session/${at}`
      answered.set(key, await create(storage, key, 'x'))
      // Half of them are still on their way.
      if (answered.size === writings / 2) process.kill(server.pid, 'SIGKILL')
    })
    const failed = (await Promise.allSettled(writing)).filter(({ status }) => status === 'rejected')
    expect(failed.length).toBeGreaterThan(0)
    await server.restart()
    const after = await openOn(server.url)
    const listed = new Set(await keysIn(after))
    for (const [key, version] of answered) {
      expect(await after.get(key)).toMatchObject({ value: 'x', version })
      expect(listed.has(key)).toBe(true)
    }
  })

  test(`one of 50 puts over ${connections} connections wins, over ${entry} that expired as well`, async () => {
    const { storages, expire } = await openPlace()
    await race(storages, await race(storages, null))
    await expire(KEY)
    await race(storages, null)
  })

  test.each([-5 * HOUR, 5 * HOUR])("the app's clock, off by %d ms, changes no age", async (offset) => {
    const { storage } = await openPlace()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset })
    onTestFinished(() => {
      vi.useRealTimers()
    })
    await create(storage, KEY, 'x')
    vi.setSystemTime(Date.now() + offset)
    const { age = -1 } = (await storage.get(KEY)) ?? {}
    expect(age).toBeGreaterThanOrEqual(0)
    expect(age).toBeLessThan(10_000)
  })

  test(`${entry} that seems to be written in the future is no time old`, async () => {
    const { storage, writeBefore } = await openPlace()
    await create(storage, KEY, 'x')
    // As another primary leaves it whose clock was ahead.
    await writeBefore(KEY, -HOUR)
    expect(await storage.get(KEY)).toMatchObject({ value: 'x', age: 0 })
    await writeBefore(KEY, HOUR)
    const { age = 0 } = (await storage.get(KEY)) ?? {}
    expect([age >= HOUR, Number.isInteger(age)]).toEqual([true, true])
  })
})
