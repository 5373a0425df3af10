import { expect, test, vi } from 'vitest'
import { testClock } from 'atproof/testing'
import { SharedWork, SharedWorks } from '../../../src/http/shared-work.ts'

const SECOND = 1000

/** A runtime that keeps its requests apart, or does not. */
function scene(options: { readonly isolatesRequests: boolean }) {
  const clock = testClock()
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const waiting = { clock, ...options }
  return { clock, waiting, promise, resolve, reject }
}

test('joins the work of another where the runtime lets it', async () => {
  const { clock, waiting, promise, resolve } = scene({ isolatesRequests: false })
  const work = new SharedWork(promise, waiting)
  expect(work.isUnderWay).toBe(true)
  const outcome = work.outcome(clock)
  await clock.advance(3600 * SECOND)
  expect(work.isUnderWay).toBe(true)
  expect(clock.sleeping).toBe(0)
  resolve('done')
  expect(await outcome).toEqual({ value: 'done' })
  expect(work.isUnderWay).toBe(false)
})

test('[H1] looks by timers of its own where requests are kept apart, and never waits for the promise of another', async () => {
  const { clock, waiting, promise, resolve } = scene({ isolatesRequests: true })
  const then = vi.spyOn(promise, 'then')
  const work = new SharedWork(promise, waiting)
  const outcome = work.outcome(clock)
  await clock.advance(SECOND)
  resolve('done')
  await clock.advance(50)
  expect(await outcome).toEqual({ value: 'done' })
  expect(then).toHaveBeenCalledTimes(1) // by the one that began it
})

test('looks soon after work that is short', async () => {
  const { clock, waiting, promise, resolve } = scene({ isolatesRequests: true })
  const outcome = new SharedWork(promise, waiting).outcome(clock)
  resolve('done')
  await clock.advance(1)
  expect(await outcome).toEqual({ value: 'done' })
})

test('fails as the work of another failed', async () => {
  const { clock, waiting, promise, reject } = scene({ isolatesRequests: true })
  const outcome = expect(new SharedWork(promise, waiting).outcome(clock)).rejects.toThrow('no network')
  reject(new Error('no network'))
  await clock.advance(50)
  await outcome
})

test('stops waiting where what it wants has come about', async () => {
  const { clock, waiting, promise } = scene({ isolatesRequests: true })
  let isEnough = false
  const outcome = new SharedWork(promise, waiting).outcome(clock, () => isEnough)
  await clock.advance(SECOND)
  isEnough = true
  await clock.advance(50)
  expect(await outcome).toBeUndefined()
})

test('gives up on work that may have been stopped with its request, ten seconds after it began', async () => {
  const { clock, waiting, promise } = scene({ isolatesRequests: true })
  const work = new SharedWork(promise, waiting)
  await clock.advance(9 * SECOND)
  const outcome = work.outcome(clock)
  expect(work.isUnderWay).toBe(true)
  await clock.advance(SECOND + 50)
  expect(await outcome).toBeUndefined()
  expect(work.isUnderWay).toBe(false)
})

test('does work once for all who want it at the same time, and again for those who come later', async () => {
  for (const isolatesRequests of [false, true]) {
    const { clock, waiting, promise, resolve } = scene({ isolatesRequests })
    const works = new SharedWorks<string>()
    const begin = vi.fn<() => Promise<string>>(() => promise)
    const wanted = [1, 2, 3].map(() => works.join('a', waiting, begin))
    expect(begin).toHaveBeenCalledTimes(1)
    resolve('done')
    await clock.advance(50)
    expect(await Promise.all(wanted)).toEqual(['done', 'done', 'done'])
    await works.join('a', waiting, begin)
    await works.join('b', waiting, begin)
    expect(begin).toHaveBeenCalledTimes(3)
  }
})

test('does anew, once, what was stopped with its request', async () => {
  const { clock, waiting } = scene({ isolatesRequests: true })
  const works = new SharedWorks<string>()
  void works.join('a', waiting, () => new Promise(() => {}))
  const begin = vi.fn<() => Promise<string>>(async () => {
    await clock.sleep(SECOND)
    return 'done'
  })
  const wanted = [1, 2, 3].map(() => works.join('a', waiting, begin))
  await clock.advance(12 * SECOND)
  expect(await Promise.all(wanted)).toEqual(['done', 'done', 'done'])
  expect(begin).toHaveBeenCalledTimes(1)
})

test('hands the failure to all who wanted it, and begins anew after it', async () => {
  const { waiting } = scene({ isolatesRequests: false })
  const works = new SharedWorks<string>()
  const begin = vi.fn<() => Promise<string>>(() => Promise.reject(new Error('no disk')))
  const wanted = await Promise.allSettled([1, 2].map(() => works.join('a', waiting, begin)))
  expect(wanted.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await expect(works.join('a', waiting, begin)).rejects.toThrow('no disk')
  expect(begin).toHaveBeenCalledTimes(2)
})
