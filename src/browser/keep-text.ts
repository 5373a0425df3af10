import { inPlace, type KeptPlace, PLACES, textKey } from './read-text.ts'
import type { Tab } from './tab.ts'

/** Keeps a text. Returns where, or undefined where the browser keeps nothing, or has no room. */
export function keepText(tab: Tab, name: string, text: string): KeptPlace | undefined {
  const key = textKey(tab, name)
  let kept: KeptPlace | undefined
  for (const place of PLACES) {
    inPlace(tab, place, (texts) => {
      // An older one that stayed behind would be read instead.
      if (kept) return texts.removeItem(key)
      try {
        texts.setItem(key, text)
        kept = place
      } catch {
        texts.removeItem(key)
      }
    })
  }
  return kept
}

/** Drops a text, wherever it is kept. */
export function dropText(tab: Tab, name: string): void {
  for (const place of PLACES) inPlace(tab, place, (texts) => texts.removeItem(textKey(tab, name)))
}
