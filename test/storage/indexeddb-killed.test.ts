import { spawn } from 'node:child_process'
import { EventEmitter, on, once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { findMiniBrowser } from '../browsers/mini-browser.ts'
import { openBrowser } from '../browsers/open-browser.ts'
import { killTree, listDescendants, signal } from '../browsers/processes.ts'
import { servePages } from '../browsers/serve-pages.ts'
import { openDisplay, webKitEnvironment } from '../browsers/xvfb.ts'
import { doIn, makeProfile, openPage, serveStorage } from './indexeddb/scene.ts'

const SELF_DRIVEN = new URL('indexeddb/self-driven-page.ts', import.meta.url)

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const clean of cleanups.splice(0).toReversed()) await clean()
})

async function openProfile(): Promise<string> {
  const profile = await makeProfile()
  cleanups.push(() => profile.remove())
  return profile.path
}

/** A browser over one profile, in which a page does what its address says. */
async function openSelfDriven(onLose: (browser: number) => Promise<void> = async () => {}) {
  const profile = await openProfile()
  const display = await openDisplay()
  cleanups.push(() => display.close())
  const told = new EventEmitter<{ said: [string] }>()
  let pid = 0
  const onRequest = async (path: string) => {
    if (path === '/loseNow') await onLose(pid)
    if (path.startsWith('/told/')) told.emit('said', decodeURIComponent(path.slice('/told/'.length)))
  }
  const site = await servePages({ page: SELF_DRIVEN }, { onRequest })
  cleanups.push(() => site.close())
  const folders = { HOME: profile, XDG_DATA_HOME: profile, XDG_CACHE_HOME: `${profile}/cache` }
  const env = { PATH: process.env['PATH'], ...folders, ...webKitEnvironment(display) }
  /** The first things that pages tell, in a browser that is killed once they did. */
  return async (path: string, count = 1) => {
    const browser = spawn(findMiniBrowser(), [site.origin + path], { stdio: 'ignore', env })
    pid = browser.pid ?? 0
    const kill = () => killTree(pid)
    cleanups.push(kill)
    const ended = once(browser, 'exit')
    const said: string[] = []
    for await (const [text] of on(told, 'said')) if (said.push(text) === count) break
    await kill()
    await ended
    return said
  }
}

test.each(['chromium', 'firefox'] as const)(
  'in %s, what was put is there when the browser was killed right after',
  async (name) => {
    const profile = await openProfile()
    const site = await serveStorage()
    cleanups.push(() => site.close())
    const killed = await openBrowser(name, { profile })
    const tab = await openPage(await killed.openContext(), site)
    await doIn(tab, 'keepKey', 'session/1')
    const version = await doIn(tab, 'put', 'session/2', 'x', null)
    await killed.kill()
    const browser = await openBrowser(name, { profile })
    cleanups.push(() => browser.close())
    const again = await openPage(await browser.openContext(), site)
    expect(await doIn(again, 'get', 'session/2')).toBe('x')
    expect(await doIn(again, 'put', 'session/2', 'y', version ?? '')).toEqual(expect.any(String))
    expect(await doIn(again, 'signWith', 'session/1')).toBe(true)
  },
)

// While it is driven it forgets all at its end: here it is a browser like any other, and the page tells what it did.
describe('in webkit', () => {
  test('what was put is there when the browser was killed right after', async () => {
    const openUntilTold = await openSelfDriven()
    expect(await openUntilTold('/put')).toEqual([expect.stringMatching(/^[\w-]{43}$/)])
    expect(await openUntilTold('/get')).toEqual(['true'])
  })

  // Its databases live in a process of their own, which a system ends that needs memory. No page gets another one.
  test('where the process of its databases died, a storage says to reload the page, and then goes on', async () => {
    const killed: string[] = []
    const openUntilTold = await openSelfDriven(async (browser) => {
      // It asks once more, through the new process.
      if (killed.length > 0) return
      for (const { pid, command } of await listDescendants(browser)) {
        if (!command.includes('WebKitNetworkProcess')) continue
        killed.push(command)
        signal(pid, 'SIGKILL')
      }
    })
    expect(await openUntilTold('/lose', 2)).toEqual([expect.stringMatching(/^reload the page/), 'true'])
    expect(killed).toHaveLength(1)
  })
})
