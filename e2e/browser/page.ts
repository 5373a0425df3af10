// The app in the page: what a person does goes by its buttons, and the test asks `globalThis.app` what came of it.
import type { AtproofEvent, SessionInfo, XrpcClient } from 'atproof'
import {
  type Account,
  accounts,
  OAuthClient,
  resume,
  type Resumed,
  signIn,
  signOut,
  switchTo,
  type TabEvent,
  watchTabs,
} from 'atproof/browser'
import { offlineFetch } from '../../src/browser/offline-fetch.ts'
import { type AppSettings, SETTINGS_ID } from './app-settings.ts'
import { askServiceWorker } from './ask-service-worker.ts'
import { Broadcasts } from './broadcasts.ts'
import { describeFailure } from './describe-failure.ts'
import { HeldTokens } from './held-tokens.ts'
import { readStoredKeys, readStoredSession } from './read-stored-session.ts'
import type { CallResult, Outcome, StoredKeys, StoredSession, WorkerOrder } from './seen.ts'
import { PageClock } from './page-clock.ts'
import { PausedStorage } from './paused-storage.ts'

type SignInOptions = NonNullable<Parameters<typeof signIn>[2]>

const settings: AppSettings = JSON.parse(document.getElementById(SETTINGS_ID)?.textContent ?? '')

class App {
  readonly clock = new PageClock(settings.aheadMs)
  readonly storage = new PausedStorage(this.clock)
  readonly held = new HeldTokens()
  readonly broadcasts = new Broadcasts()
  readonly events: AtproofEvent['type'][] = []
  readonly heard: TabEvent[] = []
  /** Whom other tabs switched to, and who was in use when this tab was told. */
  readonly switches: { readonly to: string; readonly inUse: string | undefined }[] = []
  readonly oauth = new OAuthClient({
    redirectUri: settings.redirectUri,
    scope: settings.scope,
    plcDirectory: settings.plc,
    handleResolver: settings.pds,
    allowLoopback: [settings.plc, settings.pds],
    fetch: this.held.fetch,
    clock: this.clock,
    storage: this.storage,
    onEvent: (event) => this.events.push(event.type),
  })
  client: XrpcClient | undefined
  /** How the page came to be shown, while it is: anew, or as the browser had kept it for going back. */
  shown: 'loaded' | 'kept' | undefined
  /** What came of opening the page. */
  started: Outcome | undefined
  /** What came of the last sign-in by a button. */
  signedIn: Outcome | undefined
  /** What came of the calls, or of the refresh, that were begun last. */
  results: readonly CallResult[] | undefined
  refreshed: Outcome | undefined
  /** What a click signs in with. */
  signInOptions: SignInOptions = {}
  clicks = 0
  #context = ''

  start(): void {
    addEventListener('pageshow', ({ persisted }) => (this.shown = persisted ? 'kept' : 'loaded'))
    addEventListener('pagehide', () => (this.shown = undefined))
    watchTabs(this.oauth, (event) => this.#hear(event))
    this.#keep(resume(this.oauth), (outcome) => (this.started = outcome))
    const who = document.querySelector('input')
    for (const mode of ['redirect', 'popup'] as const) {
      document.getElementById(mode)?.addEventListener('click', () => {
        this.clicks += 1
        const options = { ...this.signInOptions, mode }
        this.#keep(signIn(this.oauth, who?.value ?? '', options), (outcome) => (this.signedIn = outcome))
      })
    }
  }

  /** Begins a sign-in whose consent page is elsewhere. */
  async begin(identifier: string): Promise<string> {
    const { url, context } = await this.oauth.authorize(identifier)
    this.#context = context
    return url
  }

  /** Finishes it, and is that account from then on. */
  async finish(callbackUrl: string): Promise<SessionInfo> {
    const { client } = await this.oauth.callback(callbackUrl, { context: this.#context })
    this.client = await switchTo(this.oauth, client.session.sessionId)
    return client.session
  }

  /** Begins so many calls at once. */
  beginCalls(count: number): void {
    this.results = undefined
    const calls = Array.from({ length: count }, async (): Promise<CallResult> => {
      try {
        if (!this.client) throw new Error('nobody is signed in')
        const { data } = await this.client.get('com.atproto.server.getSession')
        return { did: data.did }
      } catch (error) {
        return describeFailure(error)
      }
    })
    void Promise.all(calls).then((results) => (this.results = results))
  }

  /** What the service worker of the app makes of a wish. */
  askWorker(wish: WorkerOrder['wish'], sessionId: string): Promise<CallResult> {
    return askServiceWorker({ wish, sessionId, settings: { ...settings, aheadMs: this.clock.ahead } })
  }

  /** Whether a request fails of which the library knows that nothing was sent. */
  async isUnsent(url: string): Promise<boolean> {
    const { fetch, isUnsent } = offlineFetch((...request) => globalThis.fetch(...request))
    return fetch(url, {}).then(() => false, isUnsent)
  }

  beginRefresh(): void {
    this.refreshed = undefined
    this.#keep(
      (this.client?.refresh() ?? Promise.reject(new Error('nobody is signed in'))).then((client) => ({ client })),
      (outcome) => (this.refreshed = outcome),
    )
  }

  async accounts(): Promise<readonly Account[]> {
    return accounts(this.oauth)
  }

  async switchTo(sessionId: string): Promise<Outcome> {
    this.client = await switchTo(this.oauth, sessionId)
    return outcomeOf(this.client && { client: this.client, state: undefined })
  }

  async signOut(sessionId: string): Promise<unknown> {
    return signOut(this.oauth, sessionId)
  }

  stored(sessionId: string): Promise<StoredSession | undefined> {
    return readStoredSession(sessionId)
  }

  storedKeys(): Promise<StoredKeys> {
    return readStoredKeys()
  }

  /** All that stands in the places that any script can read as text. */
  keptTexts(): Readonly<Record<string, string>> {
    const entries = [localStorage, sessionStorage].flatMap((texts) => Object.entries(texts))
    return Object.fromEntries([...entries, ['document.cookie', document.cookie]])
  }

  /** What the client tells of itself, without asking anybody. */
  session(): SessionInfo | undefined {
    return this.client?.session
  }

  async #hear(event: TabEvent): Promise<void> {
    this.heard.push(event)
    if (event.type !== 'switched') return
    const inUse = (await this.accounts()).find(({ isCurrent }) => isCurrent)
    this.switches.push({ to: event.sessionId, inUse: inUse?.sessionId })
  }

  #keep(
    promise: Promise<(Pick<Resumed, 'client'> & { readonly state?: string | undefined }) | undefined>,
    keep: (outcome: Outcome) => void,
  ): void {
    promise.then(
      (resumed) => {
        this.client = resumed?.client ?? this.client
        keep(outcomeOf(resumed))
      },
      (error: unknown) => keep({ kind: 'error', ...describeFailure(error) }),
    )
  }
}

function outcomeOf(
  resumed: { readonly client: XrpcClient; readonly state?: string | undefined } | undefined,
): Outcome {
  if (!resumed) return { kind: 'nobody' }
  const { client, state } = resumed
  return { kind: 'client', session: client.session, ...(state !== undefined && { state }) }
}

export type { App }

const app = new App()
Object.assign(globalThis, { app })
app.start()
