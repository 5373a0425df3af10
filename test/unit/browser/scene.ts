import { memoryStorage, type Storage, type StorageEntry } from 'atproof'
import {
  type AtproofEvent,
  type BrowserClientOptions,
  OAuthClient,
  resume,
  type Resumed,
  signIn,
  type SignInOptions,
} from 'atproof/browser'
import { type Account, fakeNetwork, type FakeNetwork, type TestClock, testClock } from 'atproof/testing'
import { vi } from 'vitest'
import { FakeBrowser, type FakePage, type FakeWindow } from './fake-browser.ts'

// Loaded beforehand: the clock of a test cannot see that a module is still being loaded.
await Promise.all([
  import('../../../src/browser/care.ts'),
  import('../../../src/browser/door.ts'),
  import('../../../src/browser/explain-failure.ts'),
  import('../../../src/browser/explain-options.ts'),
  import('../../../src/browser/find-accounts.ts'),
  import('../../../src/browser/sign-out-parts.ts'),
  import('../../../src/browser/call-parts.ts'),
])

export const APP = 'http://127.0.0.1:5173'
export const CALLBACK = `${APP}/callback`
const SCOPE = 'atproto transition:generic'

/** A tab with the app in it. */
export interface AppTab {
  readonly page: FakePage
  readonly oauth: OAuthClient
  /** What the app was told. */
  readonly events: AtproofEvent[]
}

/** Alice has an account, and a browser with an app. */
export interface BrowserScene {
  readonly network: FakeNetwork
  readonly clock: TestClock
  readonly alice: Account
  readonly bob: Account
  readonly browser: FakeBrowser
  readonly storage: Storage
  /** Opens the app in a tab. */
  open(href?: string, options?: Partial<BrowserClientOptions> & { readonly window?: FakeWindow }): AppTab
}

export function browserScene(): BrowserScene {
  const clock = testClock()
  const network = fakeNetwork({ clock })
  const browser = new FakeBrowser()
  const storage = memoryStorage({ clock })
  return {
    network,
    clock,
    browser,
    storage,
    alice: network.createAccount('alice.example.com'),
    bob: network.createAccount('bob.example.com'),
    open(href = `${APP}/`, { window, ...options } = {}) {
      const page = browser.openTab(href, window)
      const events: AtproofEvent[] = []
      const oauth = new OAuthClient({
        redirectUri: CALLBACK,
        scope: SCOPE,
        storage: ofItsOwn(storage),
        fetch: network.fetch,
        resolveTxt: network.resolveTxt,
        clock,
        page,
        onEvent: (event) => events.push(event),
        ...options,
      })
      return { page, oauth, events }
    },
  }
}

/** Another handle of the same storage: what a process knows of sessions it knows by the handle, and a tab is one. */
export function ofItsOwn(storage: Storage): Storage {
  return {
    keepsCryptoKeys: true,
    get: (key) => storage.get(key),
    put: (key, value, options) => storage.put(key, value, options),
    delete: (key, options) => storage.delete(key, options),
    list: (prefix) => storage.list(prefix),
  }
}

/** The same, whose readings wait while it is held. */
export class HeldStorage implements Storage {
  readonly keepsCryptoKeys = true
  readonly put: Storage['put']
  readonly delete: Storage['delete']
  readonly list: Storage['list']
  readonly #storage: Storage
  #held: PromiseWithResolvers<void> | undefined

  constructor(storage: Storage) {
    this.#storage = storage
    ;({ put: this.put, delete: this.delete, list: this.list } = ofItsOwn(storage))
  }

  /** What was read stays on its way, older with every moment. */
  async get(key: string): Promise<StorageEntry | undefined> {
    const found = await this.#storage.get(key)
    await this.#held?.promise
    return found
  }

  hold(): void {
    this.#held = Promise.withResolvers()
  }

  release(): void {
    this.#held?.resolve()
    this.#held = undefined
  }
}

/** Begins a sign-in in a tab: the consent page that it leaves for. */
export async function leaveToSignIn(
  { clock }: BrowserScene,
  { oauth, page }: AppTab,
  who: Account,
  options?: SignInOptions,
): Promise<string> {
  const before = page.went.length
  signIn(oauth, who.handle, options).catch(() => {}) // the page is left
  // What a test has cut off before is loaded anew, which the clock cannot see.
  const leaving = async () => {
    await clock.settle()
    const [gone] = page.went.slice(before)
    if (!gone) throw new Error('the page was not left')
    return gone.url
  }
  return vi.waitFor(leaving, { timeout: 10_000 })
}

/** Signs an account in through a redirect: the tab that it came back to. */
export async function signedIn(
  scene: BrowserScene,
  who: Account = scene.alice,
  options?: SignInOptions,
): Promise<AppTab & Resumed> {
  const url = await leaveToSignIn(scene, scene.open(), who, options)
  const tab = scene.open(who.approve(url))
  const resumed = await resume(tab.oauth)
  if (!resumed) throw new Error('nobody was signed in')
  return { ...tab, ...resumed }
}

/** What the app keeps in localStorage, by what its keys say after the client. */
export function keptIn({ browser }: BrowserScene, origin = APP): Record<string, string> {
  return Object.fromEntries(
    [...browser.textsOf(origin)].map(([key, text]) => [key.replace(/^atproof:\S* /, ''), text]),
  )
}

/** The names of the sign-ins that the app keeps in localStorage. */
export function signInsIn(scene: BrowserScene): string[] {
  return Object.keys(keptIn(scene)).filter((name) => name.startsWith('sign-in/'))
}

/** What an attempt failed with. Fails the test where it succeeds. */
export async function failureOf(attempt: Promise<unknown>): Promise<unknown> {
  const outcome = await attempt.then(
    () => undefined,
    (error: unknown) => ({ error }),
  )
  if (!outcome) throw new Error('it was to fail, and succeeded')
  return outcome.error
}
