import type { PageTexts } from './page.ts'
import type { Tab } from './tab.ts'

/** The key of a text. No client id holds a space. */
export function textKey({ clientId }: Pick<Tab, 'clientId'>, name: string): string {
  return `atproof:${clientId} ${name}`
}

/** Where texts are kept: for all tabs, or for this one where there is no room. */
export const PLACES = ['localStorage', 'sessionStorage'] as const

export type KeptPlace = (typeof PLACES)[number]

/** Reads a text; null where there is none, or the browser keeps nothing for the page. */
export function readText(tab: Tab, name: string): string | null {
  for (const place of PLACES) {
    const text = inPlace(tab, place, (texts) => texts.getItem(textKey(tab, name)))
    if (typeof text === 'string') return text
  }
  return null
}

/** Does something with what is kept; undefined where the browser does not let us. */
export function inPlace<T>({ page }: Tab, place: KeptPlace, work: (texts: PageTexts) => T): T | undefined {
  try {
    return work(page[place])
  } catch {
    // Denied, full, or not there: each caller knows how to do without.
    return undefined
  }
}
