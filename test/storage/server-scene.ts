import type { Storage } from 'atproof'
import { expect, onTestFinished } from 'vitest'
import { keysIn } from '../conformance/scene.ts'
import { type AnswerThief, startAnswerThief } from '../servers/answer-thief.ts'

export const KEY = 'session/did:plc:alice/1'
export const HOUR = 3_600_000
/** A busy machine may take its time. */
export const WAIT = { timeout: 20_000, interval: 20 }

/** Puts what is not there yet. Returns its version. */
export async function create(storage: Storage, key: string, value: string, expiresAt?: number): Promise<string> {
  const version = await storage.put(key, value, { ifVersion: null, expiresAt })
  if (version === undefined) throw new Error(`${key} exists`)
  return version
}

/** A way to a server over which an answer can be lost, for one test. */
export async function wayOfThief(serverUrl: string): Promise<AnswerThief> {
  const thief = await startAnswerThief(serverUrl)
  onTestFinished(() => thief.close())
  return thief
}

/** Every call works, once: over a storage that is empty. */
export async function expectEveryCall(storage: Storage): Promise<void> {
  const value = { text: '\u0000 \uD800 💩', list: [1.5, null, true] }
  const first = await storage.put(KEY, value, { ifVersion: null })
  expect(await storage.get(KEY)).toEqual({ value, version: first, age: expect.any(Number) })
  expect(await storage.put(KEY, 'x', { ifVersion: null })).toBeUndefined()
  const second = (await storage.put(KEY, 'x', { ifVersion: first ?? '' })) ?? ''
  expect(await storage.put(KEY, 'y', { ifVersion: first ?? '' })).toBeUndefined()
  await create(storage, '\uFEFFé', 'x', Date.now() + HOUR)
  expect((await keysIn(storage)).toSorted()).toEqual([KEY, '\uFEFFé'])
  expect(await storage.delete(KEY, { ifVersion: first ?? '' })).toBe(false)
  expect(await storage.delete(KEY, { ifVersion: second })).toBe(true)
  expect(await storage.get(KEY)).toBeUndefined()
}

/**
 * 10,000 entries are listed in pages of so many, and a listing that is short in one.
 *
 * @param asked what the server was asked to do, in this order
 */
export async function expectPagesOf(pageSize: number, storage: Storage, asked: unknown[]): Promise<void> {
  const started = performance.now()
  await Promise.all(Array.from({ length: 10_000 }, (_, at) => create(storage, `session/${at}`, 'x')))
  const listing = performance.now()
  asked.length = 0
  const keys = await keysIn(storage, 'session/')
  const [putMs, listMs] = [listing - started, performance.now() - listing].map(Math.round)
  console.log(`10,000 puts ${putMs} ms, listed in ${listMs} ms`)
  expect([keys.length, new Set(keys).size]).toEqual([10_000, 10_000])
  // The last page is empty: the one before it was full.
  expect(asked).toHaveLength(10_000 / pageSize + 1)
  asked.length = 0
  expect(await keysIn(storage, 'session/123')).toHaveLength(11)
  expect(asked).toHaveLength(1)
}
