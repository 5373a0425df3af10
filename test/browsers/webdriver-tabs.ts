import { writeFile } from 'node:fs/promises'
import type { BrowserContext, Tab } from './browser.ts'
import { patiently } from './patiently.ts'
import { propertyOf, textOf, type WebDriver } from './webdriver.ts'

/** How WebDriver says that a value is an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/** The tabs of a session of WebDriver. */
export function webDriverTabs(driver: WebDriver, root: string): Omit<BrowserContext, 'close'> {
  let commands: Promise<unknown> = Promise.resolve()
  /** Runs commands with a tab in front: one after the other, for all tabs of the browser. */
  const inTab = <T>(handle: string, run: () => Promise<T>): Promise<T> => {
    const turn = commands.then(async () => {
      await driver.send('POST', `${root}/window`, { handle })
      return run()
    })
    commands = turn.catch(() => {}) // whoever gave the command is told
    return turn
  }
  let opened = 0
  const openHandle = async () => {
    opened += 1
    // The browser begins with a tab.
    if (opened === 1) return (await handles())[0] ?? ''
    return textOf(await driver.send('POST', `${root}/window/new`, { type: 'tab' }), 'handle')
  }
  const handles = async () => readTexts(await driver.send('GET', `${root}/window/handles`))
  const toTab = (handle: string) => tabOf(driver, root, (run) => inTab(handle, run))
  return {
    async openTab() {
      const turn = commands.then(openHandle)
      commands = turn.catch(() => {})
      return toTab(await turn)
    },
    tabs: async () => (await handles()).map(toTab),
  }
}

function tabOf(driver: WebDriver, root: string, inFront: <T>(run: () => Promise<T>) => Promise<T>): Tab {
  const send = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
    inFront(() => driver.send(method, root + path, body))
  const onElement = (selector: string, path: string, body: object = {}) =>
    inFront(async () => {
      const search = { using: 'css selector', value: selector }
      const found = await patiently(() => driver.send('POST', `${root}/element`, search))
      await driver.send('POST', `${root}/element/${textOf(found, ELEMENT)}/${path}`, body)
    })
  return {
    goto: async (url) => void (await send('POST', '/url', { url })),
    url: async () => String(await send('GET', '/url')),
    title: async () => String(await send('GET', '/title')),
    reload: async () => void (await send('POST', '/refresh', {})),
    back: async () => void (await send('POST', '/back', {})),
    close: async () => void (await send('DELETE', '/window')),
    async evaluate<T>(expression: string): Promise<T> {
      // In the text of the script: a policy of the page may forbid to evaluate one.
      const script = `const done = arguments[0];
        (async () => (${expression}))().then((value) => done({ value }), (error) => done({ error: String(error) }))`
      const answer = await send('POST', '/execute/async', { args: [], script })
      const error = propertyOf(answer, 'error')
      if (error !== undefined) throw new Error(String(error))
      return propertyOf(answer, 'value') as T
    },
    async fill(selector, text) {
      await onElement(selector, 'clear')
      await onElement(selector, 'value', { text })
    },
    click: (selector) => onElement(selector, 'click'),
    screenshot: async (path) => writeFile(path, Buffer.from(String(await send('GET', '/screenshot')), 'base64')),
  }
}

function readTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
