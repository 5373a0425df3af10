import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { ensureWebKit } from '../../e2e/install.ts'
import { startBound } from './bound-program.ts'
import type { Browser, BrowserContext, BrowserOptions } from './browser.ts'
import { killTree } from './processes.ts'
import { findMiniBrowser } from './mini-browser.ts'
import { patiently } from './patiently.ts'
import { propertyOf, textOf, webDriver } from './webdriver.ts'
import { webDriverTabs } from './webdriver-tabs.ts'
import { type Display, openDisplay, webKitEnvironment } from './xvfb.ts'

/** Longer than any test. */
const SCRIPT_MS = 300_000
const PAGE_LOAD_MS = 20_000

/** Opens WebKitGTK's small browser. A driver has one browser, and that has one context: each further one is another. */
export async function openWebKit({ profile }: BrowserOptions): Promise<Browser> {
  if (profile !== undefined)
    throw new TypeError('profile: WebKit keeps nothing of what it did while it was driven')
  const display = await openDisplay()
  const instances: Instance[] = [await startInstance(display)]
  let unused: Instance | undefined = instances[0]
  const endAll = async (how: 'close' | 'kill') => {
    await Promise.all(instances.map((instance) => instance[how]()))
    await display.close()
  }
  return {
    name: 'webkit',
    version: instances[0]?.version ?? '',
    async openContext() {
      const instance = unused ?? (await startInstance(display))
      if (!unused) instances.push(instance)
      unused = undefined
      return instance.context
    },
    close: () => endAll('close'),
    kill: () => endAll('kill'),
  }
}

interface Instance {
  readonly version: string
  readonly context: BrowserContext
  close(): Promise<void>
  kill(): Promise<void>
}

async function startInstance(display: Display): Promise<Instance> {
  const port = await findFreePort()
  const flags = ['--host=127.0.0.1', `--port=${port}`]
  const program = startBound(await ensureWebKit(), flags, webKitEnvironment(display))
  const driver = webDriver(port)
  await patiently(() => driver.send('GET', '/status'))
  const options = { binary: findMiniBrowser(), args: ['--automation'] }
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } }
  const session = await driver.send('POST', '/session', { capabilities })
  const root = `/session/${textOf(session, 'sessionId')}`
  await driver.send('POST', `${root}/timeouts`, { script: SCRIPT_MS, pageLoad: PAGE_LOAD_MS })
  const tabs = webDriverTabs(driver, root)
  const close = async () => {
    // One that was closed by its last tab has no session any more.
    await driver.send('DELETE', root).catch(() => {})
    await program.close()
  }
  return {
    version: textOf(propertyOf(session, 'capabilities'), 'browserVersion'),
    context: { ...tabs, close },
    close,
    async kill() {
      await killTree(program.pid)
    },
  }
}

/** One that no server is given which asks for any, between here and its use: the system gives those from 32768 on. */
async function findFreePort(): Promise<number> {
  const port = randomInt(20_000, 30_000)
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch {
    // It is taken.
    return findFreePort()
  }
  server.close()
  await once(server, 'close')
  return port
}
