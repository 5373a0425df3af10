import type { Page } from 'playwright-core'
import { consent, type Decision } from '../browser.ts'
import type { AppTab, ClickOptions } from './app-tab.ts'
import type { Person, Scene } from './scene.ts'

/** What a person does who signs in. */
export interface VisitOptions extends Omit<ClickOptions, 'mode'> {
  /** @default 'Authorize' */
  readonly decision?: Decision
}

/** The person clicks, decides on the consent page, and is back in the app. The address that they were led back to. */
export async function signInByRedirect(
  { app }: Scene,
  tab: AppTab,
  person: Person,
  { decision = 'Authorize', ...click }: VisitOptions = {},
): Promise<string> {
  await tab.clickSignIn(person.handle, click)
  await decideOn(tab.tab.page, person, decision)
  await tab.untilBackAt(app.redirectUri)
  return app.lastCallback()
}

/** Waits until the tab is on its way to the consent page, which may still load. */
export function untilConsentPage({ network }: Scene, { tab }: AppTab): Promise<void> {
  return tab.page.waitForURL(`${network.pds}/oauth/authorize?**`, { waitUntil: 'commit' })
}

/** The person clicks, and a window with the consent page opens. */
export async function openConsentWindow(tab: AppTab, person: Person, options: ClickOptions = {}): Promise<Page> {
  const [popup] = await Promise.all([
    tab.tab.page.waitForEvent('popup'),
    tab.clickSignIn(person.handle, { ...options, mode: 'popup' }),
  ])
  return popup
}

export function decideOn(page: Page, { handle: username, password }: Person, decision: Decision): Promise<void> {
  return consent(page, { username, password, decision })
}
