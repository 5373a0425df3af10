import type { SessionInfo } from 'atproof'
import type { Browser, BrowserContext, BrowserName, Tab } from '../../test/browsers/browser.ts'
import { openBrowser } from '../../test/browsers/open-browser.ts'
import type { PlaywrightTab } from '../../test/browsers/playwright-browser.ts'
import type { LoggedRequest } from '../network/commands.ts'
import { approve } from '../network/consent.ts'
import { type RealNetwork, startNetwork } from '../network/start.ts'
import { type AppServer, serveApp } from './app-server.ts'
import { AppTab } from './app-tab.ts'

/** Someone with an account. */
export interface Person {
  readonly did: string
  readonly handle: string
  readonly password: string
}

/** The real network, the app on its server, and a real browser. */
export interface Scene<T extends Tab = PlaywrightTab> {
  readonly network: RealNetwork
  readonly app: AppServer
  readonly browser: Browser<T>
  newPerson(): Promise<Person>
  /** A browser that nobody has used yet, with one tab in which the app is open. */
  openApp(): Promise<OpenApp<T>>
  /** The same, with somebody signed in. The consent page is not shown. */
  openSignedIn(): Promise<SignedIn<T>>
  /** The same, and the access token has ended by the clocks of everybody. */
  openExpired(): Promise<SignedIn<T>>
  /** Puts the clocks of the servers and of all tabs of a browser forward. */
  skip(ms: number, tab: AppTab<T>): Promise<void>
  close(): Promise<void>
}

export interface OpenApp<T extends Tab = PlaywrightTab> {
  readonly context: BrowserContext<T>
  readonly tab: AppTab<T>
  /** One more tab with the app in it. */
  openTab(): Promise<AppTab<T>>
}

export interface SignedIn<T extends Tab = PlaywrightTab> extends OpenApp<T> {
  readonly person: Person
  readonly session: SessionInfo
}

const HOUR = 60 * 60_000
/** The life of a token that is to have ended. */
const SHORT_LIFE = 3000

/** Longer than a refresh can be on its way: whoever finds it unanswered then may refresh. */
export const FENCE: number = 6 * 60_000 + 1000

export function openScene(name: 'chromium' | 'firefox'): Promise<Scene>
export function openScene(name: BrowserName): Promise<Scene<Tab>>
export async function openScene(name: BrowserName): Promise<Scene<Tab>> {
  const [browser, network] = await Promise.all([openBrowser(name), startNetwork()])
  const app = await serveApp(network)
  let people = 0
  const newPerson = () =>
    network.createAccount({ handle: `person${++people}.test`, password: 'correct horse battery staple' })
  const openApp = async (): Promise<OpenApp<Tab>> => {
    const context = await browser.openContext()
    const openTab = async () => {
      const tab = new AppTab(await context.openTab())
      await tab.open(app.origin)
      return tab
    }
    return { context, openTab, tab: await openTab() }
  }
  const openSignedIn = async (): Promise<SignedIn<Tab>> => {
    const [person, opened] = [await newPerson(), await openApp()]
    const session = await signInQuietly(opened.tab, person)
    await network.requests()
    return { ...opened, person, session }
  }
  const skip = async (ms: number, tab: AppTab<Tab>): Promise<void> => {
    await network.skipTime(ms)
    app.skip(ms)
    await tab.ask(`app.clock.skip(${ms})`)
  }
  return {
    network,
    app,
    browser,
    newPerson,
    openApp,
    openSignedIn,
    async openExpired() {
      await network.setAccessTokenLifetime(SHORT_LIFE)
      const opened = await openSignedIn()
      await network.setAccessTokenLifetime(HOUR)
      await skip(SHORT_LIFE, opened.tab)
      return opened
    },
    skip,
    async close() {
      await browser.close()
      app.close()
      await network.close()
    },
  }
}

/** Signs somebody in whose consent page is not shown in this browser. */
export async function signInQuietly(tab: AppTab<Tab>, { handle, password }: Person): Promise<SessionInfo> {
  const url = await tab.ask<string>(`app.begin(${JSON.stringify(handle)})`)
  const callback = await approve(url, { username: handle, password, decision: 'accept' })
  return tab.ask(`app.finish(${JSON.stringify(callback.href)})`)
}

/** What the token endpoint answered since it was last asked. Without those that only gave a nonce. */
export async function tokenAnswers(network: RealNetwork): Promise<readonly number[]> {
  const requests = await network.requests()
  return requests.filter(isTokenRequest).map(({ status }) => status)
}

function isTokenRequest({ method, path }: LoggedRequest): boolean {
  return method === 'POST' && path === '/oauth/token'
}
