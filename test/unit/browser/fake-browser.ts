import type { OpenedWindow, Page, PageChannel, PageTexts } from 'atproof/browser'

/** What a browser does not let a page keep: nothing at all, or nothing more. */
export type Refusal = 'denied' | 'full'

/** A browser with its tabs: what they share by origin, and how they hear each other. */
export class FakeBrowser {
  /** What pages may not do with their texts. */
  refusal: Refusal | undefined
  sessionRefusal: Refusal | undefined
  blocksPopups = false
  hasChannels = true
  /** Whether opening a channel throws. */
  deniesChannels = false
  /** Every message that a tab sent, with the name of its channel. */
  readonly messages: { readonly name: string; readonly data: unknown }[] = []
  readonly #texts = new Map<string, Map<string, string>>()
  readonly #channels = new Set<FakeChannel>()

  /** What tabs keep in the localStorage of an origin. */
  textsOf(origin: string): Map<string, string> {
    const texts = this.#texts.get(origin) ?? new Map<string, string>()
    this.#texts.set(origin, texts)
    return texts
  }

  openTab(href: string, window: FakeWindow = new FakeWindow()): FakePage {
    return new FakePage(this, href, window)
  }

  join(channel: FakeChannel): void {
    this.#channels.add(channel)
  }

  leave(channel: FakeChannel): void {
    this.#channels.delete(channel)
  }

  /** How many channels are open. */
  get openChannels(): number {
    return this.#channels.size
  }

  /** Sends to all others of a channel, as a structured clone, in a turn of its own. */
  send(name: string, data: unknown, from?: FakeChannel): void {
    this.messages.push({ name, data })
    const copies = [...this.#channels]
      .filter((channel) => channel !== from && channel.name === name)
      .map((channel) => ({ channel, copy: structuredClone(data) }))
    queueMicrotask(() => copies.forEach(({ channel, copy }) => channel.hear(copy)))
  }
}

/** A window, as the page that opened it sees it. */
export class FakeWindow implements OpenedWindow {
  /** Where it was led, one after the other. */
  readonly ledTo: string[] = []
  /** What the page that it was led to could lead elsewhere. */
  opener: unknown = 'the page that opened it'
  /** Whether it cannot be closed by its own page. */
  staysOpen = false
  closed = false
  /** Whether a page in it has cut the tie: to who opened it, it looks closed, and cannot be closed. */
  isCut = false

  readonly location: { replace(url: string): void } = {
    replace: (url: string): void => void this.ledTo.push(url),
  }

  close(): void {
    if (!this.staysOpen) this.closed = true
  }
}

class FakeChannel implements PageChannel {
  readonly name: string
  readonly #browser: FakeBrowser
  #listener: ((event: { readonly data: unknown }) => void) | undefined

  constructor(browser: FakeBrowser, name: string) {
    this.name = name
    this.#browser = browser
    browser.join(this)
  }

  postMessage(message: unknown): void {
    this.#browser.send(this.name, message, this)
  }

  addEventListener(_type: 'message', listener: (event: { readonly data: unknown }) => void): void {
    this.#listener = listener
  }

  hear(data: unknown): void {
    this.#listener?.({ data })
  }

  close(): void {
    this.#browser.leave(this)
    this.#listener = undefined
  }
}

/** A tab of a browser, with one page in it. */
export class FakePage implements Page {
  /** Where the page went, and how. */
  readonly went: { readonly how: 'assign' | 'replace'; readonly url: string }[] = []
  /** The windows that it opened. */
  readonly opened: FakeWindow[] = []
  /** What its address bar showed, one after the other. */
  readonly addresses: string[]
  readonly history: Page['history']
  readonly location: Page['location']
  readonly BroadcastChannel: Page['BroadcastChannel']
  readonly #browser: FakeBrowser
  readonly #window: FakeWindow
  readonly #session = new Map<string, string>()
  readonly #listeners = new Map<string, Set<(event: object) => void>>()

  constructor(browser: FakeBrowser, href: string, window: FakeWindow) {
    this.#browser = browser
    this.#window = window
    this.addresses = [href]
    const { addresses } = this
    this.location = {
      get href() {
        return addresses.at(-1) ?? ''
      },
      assign: (url) => void this.went.push({ how: 'assign', url }),
      replace: (url) => void this.went.push({ how: 'replace', url }),
    }
    this.history = {
      state: { of: 'the app' },
      replaceState: (state, _unused, url) => {
        if (state !== this.history.state) throw new Error("the app's history state is lost")
        this.addresses.push(url)
      },
    }
    this.BroadcastChannel = browser.hasChannels
      ? class extends FakeChannel {
          constructor(name: string) {
            if (browser.deniesChannels) throw new DOMException('The operation is insecure.', 'SecurityError')
            super(browser, name)
          }
        }
      : undefined
  }

  /** What the address bar shows. */
  get address(): string {
    return this.addresses.at(-1) ?? ''
  }

  get localStorage(): PageTexts {
    return textsOver(this.#browser.textsOf(new URL(this.address).origin), this.#browser.refusal)
  }

  get sessionStorage(): PageTexts {
    return textsOver(this.#session, this.#browser.sessionRefusal)
  }

  open(url: string, _target: string, _features: string): OpenedWindow | null {
    if (this.#browser.blocksPopups) return null
    const window = new FakeWindow()
    this.opened.push(window)
    if (url !== '') window.location.replace(url)
    const looksClosed = () => window.closed || window.isCut
    return {
      get closed() {
        return looksClosed()
      },
      location: window.location,
      get opener() {
        return window.opener
      },
      set opener(opener) {
        // Of a page of another origin nothing can be set.
        if (window.ledTo.length === 0) window.opener = opener
      },
      close: () => void (window.isCut || window.close()),
    }
  }

  close(): void {
    this.#window.close()
  }

  addEventListener(type: string, listener: (event: object) => void): void {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
  }

  removeEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.get(type)?.delete(listener)
  }

  /** Has something happen to the page. */
  emit(type: string, event: object = {}): void {
    Array.from(this.#listeners.get(type) ?? []).forEach((listener) => listener(event))
  }

  /** How many listen to anything. */
  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, { size }) => sum + size, 0)
  }
}

function textsOver(texts: Map<string, string>, refusal: Refusal | undefined): PageTexts {
  if (refusal === 'denied') throw new DOMException('The operation is insecure.', 'SecurityError')
  return {
    get length() {
      return texts.size
    },
    key: (index) => [...texts.keys()][index] ?? null,
    getItem: (key) => texts.get(key) ?? null,
    setItem(key, value) {
      if (refusal === 'full') throw new DOMException('The quota has been exceeded.', 'QuotaExceededError')
      texts.set(key, value)
    },
    removeItem: (key) => void texts.delete(key),
  }
}
