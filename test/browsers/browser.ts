/** The engines of the browsers that people use: Debian's Chromium, Firefox ESR and WebKitGTK. */
export const BROWSER_NAMES = ['chromium', 'firefox', 'webkit'] as const
export type BrowserName = (typeof BROWSER_NAMES)[number]

/** A page that is driven: `openBrowser` of `open-browser.ts` gives them. Selectors are CSS. Actions wait until the element is there. */
export interface Tab {
  goto(url: string): Promise<void>
  url(): Promise<string>
  title(): Promise<string>
  reload(): Promise<void>
  /** Goes back in the history, as its button does. */
  back(): Promise<void>
  close(): Promise<void>
  /**
   * The value of an expression in the page, a promise's too. What comes back is JSON.
   *
   * @throws Error with what the page threw
   */
  evaluate<T = unknown>(expression: string): Promise<T>
  /** Replaces what stands in a field. */
  fill(selector: string, text: string): Promise<void>
  click(selector: string): Promise<void>
  /** Writes a PNG of what is seen. */
  screenshot(path: string): Promise<void>
}

/** Tabs that share cookies and storages with each other, and with no other context. */
export interface BrowserContext<T extends Tab = Tab> {
  openTab(): Promise<T>
  /** All that are open, those that pages opened among them. */
  tabs(): Promise<readonly T[]>
  close(): Promise<void>
}

/** A browser that runs. */
export interface Browser<T extends Tab = Tab> {
  readonly name: BrowserName
  readonly version: string
  /** Where a profile was given, it is that profile's and there is one. */
  openContext(): Promise<BrowserContext<T>>
  close(): Promise<void>
  /** Ends all its processes where they stand, as a power cut does. */
  kill(): Promise<void>
}

/** How a browser is opened. */
export interface BrowserOptions {
  /**
   * A folder for all that it keeps. Opened again with it, the browser knows what it knew. Not for WebKit, which forgets
   * whatever it did while it was driven.
   *
   * @default one that is gone with the browser
   */
  readonly profile?: string
  /** Preferences of Firefox, by their names in about:config. */
  readonly firefoxPreferences?: Readonly<Record<string, string | number | boolean>>
}
