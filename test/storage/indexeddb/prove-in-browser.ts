import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { storageSuite } from '../../../src/testing/storage-suite/storage-suite.ts'
import type { Browser, BrowserContext, BrowserName, Tab } from '../../browsers/browser.ts'
import { openBrowser } from '../../browsers/open-browser.ts'
import type { Site } from '../../browsers/serve-pages.ts'
import { doIn, openPage, serveStorage } from './scene.ts'
import { suiteHooks } from './suite-hooks.ts'

/** Of real time, for one case: a disk that is busy with other tests takes its time to flush 10,000 entries. */
const LIMIT_MS = 180_000

/** Proves `indexedDbStorage` in a real browser: the storage suite, and what only browsers do. */
export function proveInBrowser(name: BrowserName): void {
  let site: Site
  let browser: Browser
  const contexts: BrowserContext[] = []

  /** A context where nothing is stored yet: an origin of its own would do too, but browsers keep count of those. */
  const newContext = async () => {
    const context = await browser.openContext()
    contexts.push(context)
    return context
  }
  const openTabs = async <const N extends 1 | 2>(count: N) => {
    const context = await newContext()
    const first = await openPage(context, site)
    return { first, second: count === 2 ? await openPage(context, site) : first }
  }

  beforeAll(async () => {
    site = await serveStorage()
    browser = await openBrowser(name)
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  describe(`indexedDbStorage in ${name}`, () => {
    let tab: Tab

    beforeAll(async () => {
      tab = await openPage(await browser.openContext(), site)
    })

    for (const { title } of storageSuite(suiteHooks())) {
      test(title, async () => expect(await doIn(tab, 'runCase', title)).toBe('passed'), LIMIT_MS)
    }
  })

  describe(`in ${name}, a storage`, () => {
    afterEach(async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()))
    })

    test('asks for strict durability, once a put, and waits until it is complete', async () => {
      const { first } = await openTabs(1)
      const strict = { mode: 'readwrite', durability: 'strict' }
      expect(await doIn(first, 'watchPut', 'session/1')).toEqual({ completed: 1, transactions: [strict, strict] })
    })

    test('[M3] keeps a key that cannot be exported, and that signs after a reload and in another tab', async () => {
      const { first, second } = await openTabs(2)
      const [isExtractable, ...exports] = await doIn(first, 'keepKey', 'session/1')
      expect(isExtractable).toBe('false')
      expect(exports).toEqual(['InvalidAccessError', 'InvalidAccessError'])
      expect(await doIn(first, 'signWith', 'session/1')).toBe(true)
      await first.reload()
      expect(await doIn(first, 'signWith', 'session/1')).toBe(true)
      expect(await doIn(second, 'signWith', 'session/1')).toBe(true)
    })

    test('is the one that a page reads at once and writes once what writes is loaded', async () => {
      const { first } = await openTabs(1)
      expect(await doIn(first, 'shareWithLate', 'session/1')).toMatchObject({
        seen: [{ written: 'late' }, { written: 'here' }],
        areVersions: [true, true],
        listed: ['session/1'],
        deletions: [false, true],
        left: null,
        refused: { cause: 'TypeError' },
      })
    })

    test('lets one of two tabs win each of 50 puts', async () => {
      const { first, second } = await openTabs(2)
      const startAt = Date.now() + 1000
      // In WebKit one tab is driven at a time: it is told to begin, and asked later what it won.
      const begin = (tab: Tab, me: string) =>
        tab.evaluate<null>(`(globalThis.won = deeds.race('${me}', ${startAt}), null)`)
      await begin(first, 'first')
      await begin(second, 'second')
      const won = await Promise.all([first, second].map((tab) => tab.evaluate<readonly number[]>('won')))
      const all = Array.from({ length: 50 }, (_, at) => at)
      expect(won.flat().toSorted((a, b) => a - b)).toEqual(all)
      for (const at of all) {
        const winner = won[0]?.includes(at) ? 'first' : 'second'
        expect(await doIn(first, 'get', `race/${at}`)).toBe(winner)
      }
    })

    test('stands in the way of nobody who deletes the database, and goes on in a new one', async () => {
      const { first, second } = await openTabs(2)
      await doIn(first, 'put', 'session/1', 'old', null)
      await doIn(second, 'get', 'session/1')
      expect(await doIn(second, 'deleteDatabase')).toBe('deleted')
      expect(await doIn(first, 'get', 'session/1')).toBeNull()
      expect(await doIn(first, 'put', 'session/1', 'new', null)).toEqual(expect.any(String))
      expect(await doIn(second, 'get', 'session/1')).toBe('new')
    })

    test('makes way for a newer schema, and says that the page is too old for it', async () => {
      const { first, second } = await openTabs(2)
      await doIn(first, 'put', 'session/1', 'old', null)
      await doIn(second, 'upgrade')
      expect(await doIn(first, 'failure')).toMatchObject({
        code: 'write_failed',
        cause: 'VersionError',
        retryable: false,
        action: expect.stringContaining('reload the page'),
      })
    })

    test('opens again a connection that was closed without a word', async () => {
      const { first } = await openTabs(1)
      const version = (await doIn(first, 'put', 'session/1', 'first', null)) ?? ''
      expect(await doIn(first, 'closeConnections')).toBe(1)
      expect(await doIn(first, 'put', 'session/1', 'second', version)).toEqual(expect.any(String))
      expect(await doIn(first, 'closeConnections')).toBe(1)
      expect(await doIn(first, 'get', 'session/1')).toBe('second')
    })

    test('says of a put whose transaction was aborted that it failed, and has written nothing', async () => {
      const { first } = await openTabs(1)
      expect(await doIn(first, 'abortPut', 'session/1')).toMatchObject({
        code: 'write_failed',
        cause: 'AbortError',
      })
      expect(await doIn(first, 'get', 'session/1')).toBeNull()
      expect(await doIn(first, 'put', 'session/1', 'x', null)).toEqual(expect.any(String))
    })

    test('gives up on a database that is held, says who holds it, and opens it later', async () => {
      const { first } = await openTabs(1)
      const [failure, later] = await doIn(first, 'openHeld')
      expect(failure).toMatchObject({
        code: 'write_failed',
        cause: 'TimeoutError',
        retryable: true,
        action: expect.stringContaining('close or reload the other tabs'),
      })
      expect(later).toBe('x')
    })

    test('says in a frame that may store nothing what forbids it', async () => {
      const { first } = await openTabs(1)
      expect(await doIn(first, 'failInSandbox')).toMatchObject({
        code: 'write_failed',
        cause: 'SecurityError',
        retryable: false,
        action: expect.stringContaining('let this site store data'),
      })
    })

    test('says where there is no IndexedDB', async () => {
      const { first } = await openTabs(1)
      expect(await doIn(first, 'failWithout')).toMatchObject({
        code: 'read_failed',
        cause: 'ReferenceError',
        retryable: false,
        action: expect.stringContaining('give another `storage`'),
      })
    })

    test('removes what has expired with the next put', async () => {
      const { first } = await openTabs(1)
      for (const at of [1, 2, 3]) await doIn(first, 'put', `signin/${at}`, 'x', null, Date.now() - at)
      await doIn(first, 'put', 'session/1', 'x', null)
      await doIn(first, 'put', 'signin/4', 'x', null, Date.now() + 60_000)
      expect(await doIn(first, 'rawKeys')).toEqual(['session/1', 'signin/4'])
    })

    test('gives no age below zero where the clock was set back', async () => {
      const { first } = await openTabs(1)
      expect(await doIn(first, 'ageAfterSetBack', 'session/1')).toBe(0)
    })
  })
}
