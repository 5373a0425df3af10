/** What a page is to this library: a part of `window`, so that a test can own it. */
export interface Page {
  readonly location: {
    readonly href: string
    assign(url: string): void
    replace(url: string): void
  }
  readonly history: {
    readonly state: unknown
    replaceState(state: unknown, unused: string, url: string): void
  }
  /** Reading it throws where the browser keeps nothing for the page. */
  readonly localStorage: PageTexts
  readonly sessionStorage: PageTexts
  readonly BroadcastChannel?: (new (name: string) => PageChannel) | undefined
  open(url: string, target: string, features: string): OpenedWindow | null
  close(): void
  addEventListener(type: string, listener: (event: object) => void): void
  removeEventListener(type: string, listener: (event: object) => void): void
}

/** Texts that a browser keeps for an origin. Any of it may throw. */
export interface PageTexts {
  readonly length: number
  key(index: number): string | null
  getItem(key: string): string | null
  setItem(key: string, value: string): void
  removeItem(key: string): void
}

/** What the tabs of an origin hear each other by. */
export interface PageChannel {
  postMessage(message: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  close(): void
}

/** A window that the page opened. */
export interface OpenedWindow {
  /** Also true while it is open, where a page in it has cut the tie to whoever opened it (Cross-Origin-Opener-Policy). */
  readonly closed: boolean
  readonly location: { replace(url: string): void }
  /** What a page in it can lead elsewhere; null where it is cut off from whoever opened it. */
  opener: unknown
  close(): void
}
