import type { Page } from './page.ts'

/** Listens to one kind of event of the page. Returns the way to stop. */
export function listen(page: Page, type: string, listener: (event: object) => void): () => void {
  page.addEventListener(type, listener)
  return () => page.removeEventListener(type, listener)
}
