import type { Tab } from '../../test/browsers/browser.ts'
import type { Decision } from '../browser.ts'
import type { AppTab } from './app-tab.ts'
import type { Person } from './scene.ts'

/** Signs in on the page that the server shows and decides, in any browser. Its fields are filled in by typing, as its script wants it. */
export async function decideInTab(tab: AppTab<Tab>, { password }: Person, decision: Decision): Promise<void> {
  await tab.tab.fill('input[name="password"]', password)
  await tab.tab.click('button[type="submit"]')
  const button = `[...document.querySelectorAll('button')].find((button) => button.textContent.trim() === '${decision}')`
  await tab.until(`${button} !== undefined`)
  await tab.ask(`${button}.click()`)
}

/** Waits until a tab shows the page on which a person decides. */
export function untilAsked(tab: AppTab<Tab>): Promise<void> {
  return tab.until(`document.querySelector('input[name="password"]') !== null`)
}
