import { setTimeout as pause } from 'node:timers/promises'
import type { SessionInfo } from 'atproof'
import type { TabEvent } from 'atproof/browser'
import type { Tab } from '../../test/browsers/browser.ts'
import type { PlaywrightTab } from '../../test/browsers/playwright-browser.ts'
import type { HoldingPlace } from './held-tokens.ts'
import type { Broadcast, CallResult, Outcome, StoredKeys, StoredSession, WorkerOrder } from './seen.ts'

/** Longer than anything here takes, save that somebody waits for it. */
const PATIENCE_MS = 40_000
const LOOK_MS = 30

/** How a click signs in. */
export interface ClickOptions {
  readonly mode?: 'redirect' | 'popup'
  readonly state?: string
  readonly responseMode?: 'query' | 'fragment'
}

/** A tab with the app of `page.ts` in it. What takes long is begun and then asked for, since some drivers have one tab at a time. */
export class AppTab<T extends Tab = PlaywrightTab> {
  readonly tab: T

  constructor(tab: T) {
    this.tab = tab
  }

  /** Opens the app, and waits for what came of that. */
  async open(url: string): Promise<Outcome> {
    await this.tab.goto(url)
    return this.started()
  }

  async reload(): Promise<Outcome> {
    await this.tab.reload()
    return this.started()
  }

  started(): Promise<Outcome> {
    return this.#await('started')
  }

  /** Comes back to the app from a page that was opened after it. Tells whether it is there as it was left, or was loaded anew. */
  async goBack(): Promise<'loaded' | 'kept'> {
    // By the driver: that of WebKit waits for ever for a script of a page that is kept meanwhile.
    await this.tab.back()
    await this.until('globalThis.app?.shown !== undefined')
    return this.ask('app.shown')
  }

  /** Waits until the app is open at an address, as it stands in the address bar, and has resumed. */
  untilBackAt(url: string): Promise<void> {
    return this.until(`location.href === ${JSON.stringify(url)} && globalThis.app?.started !== undefined`)
  }

  /** What came of the last click. */
  signedIn(): Promise<Outcome> {
    return this.#await('signedIn')
  }

  /** Types who they are and clicks. */
  async clickSignIn(identifier: string, { mode = 'redirect', ...options }: ClickOptions = {}): Promise<void> {
    await this.ask(`app.signInOptions = ${JSON.stringify(options)}`)
    await this.tab.fill('#who', identifier)
    await this.tab.click(`#${mode}`)
  }

  /** So many calls at once. */
  async call(count = 1): Promise<readonly CallResult[]> {
    await this.beginCalls(count)
    return this.results()
  }

  beginCalls(count: number): Promise<void> {
    return this.ask(`app.beginCalls(${count})`)
  }

  results(): Promise<readonly CallResult[]> {
    return this.#await('results')
  }

  /** Whether a request to this URL fails of which the library knows that nothing was sent. */
  isUnsent(url: string): Promise<boolean> {
    return this.ask(`app.isUnsent('${url}')`)
  }

  /** What the app's service worker makes of a wish. */
  askWorker(wish: WorkerOrder['wish'], sessionId: string): Promise<CallResult> {
    return this.ask(`app.askWorker('${wish}', ${JSON.stringify(sessionId)})`)
  }

  async refresh(): Promise<Outcome> {
    await this.beginRefresh()
    return this.refreshed()
  }

  beginRefresh(): Promise<void> {
    return this.ask('app.beginRefresh()')
  }

  refreshed(): Promise<Outcome> {
    return this.#await('refreshed')
  }

  /** Holds the next token request, or the answer to it. */
  holdToken(place: HoldingPlace): Promise<void> {
    return this.ask(`app.held.holdNext('${place}')`)
  }

  untilHeld(): Promise<void> {
    return this.until('app.held.isHeld')
  }

  releaseToken(): Promise<void> {
    return this.ask('app.held.release()')
  }

  accounts(): Promise<readonly (SessionInfo & { readonly isCurrent: boolean })[]> {
    return this.ask('app.accounts()')
  }

  switchTo(sessionId: string): Promise<Outcome> {
    return this.ask(`app.switchTo(${JSON.stringify(sessionId)})`)
  }

  signOut(sessionId: string): Promise<{ readonly accepted: boolean }> {
    return this.ask(`app.signOut(${JSON.stringify(sessionId)})`)
  }

  session(): Promise<SessionInfo | undefined> {
    return this.ask('app.session()')
  }

  /** What stands in the database, which has to be there. */
  async stored(sessionId: string): Promise<StoredSession> {
    const stored = await this.ask<StoredSession | undefined>(`app.stored(${JSON.stringify(sessionId)})`)
    if (!stored) throw new Error('nothing is stored')
    return stored
  }

  storedKeys(): Promise<StoredKeys> {
    return this.ask('app.storedKeys()')
  }

  keptTexts(): Promise<Readonly<Record<string, string>>> {
    return this.ask('app.keptTexts()')
  }

  events(): Promise<readonly string[]> {
    return this.ask('app.events')
  }

  /** What other tabs did, once it was told of this, of whichever session or of one. */
  async hears(type: TabEvent['type'], sessionId = ''): Promise<TabEvent> {
    const find = `app.heard.find((event) => event.type === '${type}' && event.sessionId.endsWith('${sessionId}'))`
    await this.until(`${find} !== undefined`)
    return this.ask(find)
  }

  broadcasts(): Promise<readonly Broadcast[]> {
    return this.ask('app.broadcasts.seen')
  }

  /** Waits for something to be true in the page, or in the one that comes after it. */
  async until(expression: string): Promise<void> {
    const end = performance.now() + PATIENCE_MS
    let failure: unknown
    for (;;) {
      // A page that is left answers nothing.
      const isSo = await this.ask<unknown>(expression).catch((error: unknown) => void (failure = error))
      if (isSo) return
      if (performance.now() > end)
        throw new Error(`not so in ${PATIENCE_MS} ms: ${expression}`, { cause: failure })
      await pause(LOOK_MS)
    }
  }

  ask<V = void>(expression: string): Promise<V> {
    return this.tab.evaluate<V>(expression)
  }

  async #await<V>(property: 'started' | 'signedIn' | 'results' | 'refreshed'): Promise<V> {
    await this.until(`globalThis.app?.${property} !== undefined`)
    return this.ask(`app.${property}`)
  }
}
