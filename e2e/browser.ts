import { type Browser, chromium, type Page } from 'playwright-core'
import { CHROMIUM_FLAGS } from '../test/browsers/chromium-flags.ts'

export interface Credentials {
  username: string
  password: string
}

/** What the buttons of the consent page say. */
export type Decision = 'Authorize' | 'Deny access'

export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: CHROMIUM_FLAGS })
}

/** Signs in on the authorization server's page, where it asks for that, and decides. */
export async function consent(page: Page, options: Credentials & { decision: Decision }): Promise<void> {
  const signIn = buttonOf(page, 'Sign in')
  await signIn.or(buttonOf(page, options.decision)).first().waitFor()
  if (await signIn.isVisible()) await submitPassword(page, options)
  await decide(page, options.decision)
}

/** Waits for the consent page and clicks what it is about. The page then moves on to the app. */
export async function decide(page: Page, decision: Decision): Promise<void> {
  await buttonOf(page, decision).click()
}

/** Fills in and sends the sign-in form. What follows is the consent page, or a message on this one. */
export async function submitPassword(page: Page, { username, password }: Credentials): Promise<void> {
  const signIn = buttonOf(page, 'Sign in')
  await signIn.waitFor()
  const passwordField = page.locator('input[name="password"]')
  // Without a login_hint, the page first asks whether there is an account.
  if (!(await passwordField.isVisible())) await signIn.click()
  const usernameField = page.locator('input[name="username"]')
  // With one, the name stands there already.
  if (await usernameField.isEditable()) await usernameField.fill(username)
  await passwordField.fill(password)
  await signIn.click()
}

/** Waits for the message that the sign-in page shows when it refuses. */
export async function readRefusal(page: Page): Promise<string> {
  const message = page.getByRole('alert')
  await message.waitFor()
  return message.innerText()
}

function buttonOf(page: Page, name: string) {
  return page.getByRole('button', { name, exact: true })
}
