import type { Browser, BrowserContext, Page } from 'playwright-core'
import { consent, type Decision } from '../browser.ts'

const FORBIDDEN = 'forbidden by the policy:'

/** Who signs in. */
export interface Person {
  readonly handle: string
  readonly password: string
}

/** Somebody with a browser of their own, who opened the app in it. */
export interface Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser complains of in the app: errors, and what its Content-Security-Policy forbids. */
  readonly complaints: readonly string[]
}

/** Opens the app in a browser that knows nothing of it yet. */
export async function openVisitor(browser: Browser, origin: string): Promise<Visitor> {
  const context = await browser.newContext({ locale: 'en-US', viewport: { width: 900, height: 720 } })
  const complaints: string[] = []
  await context.addInitScript(
    ({ ours, forbidden }) => {
      if (location.origin !== ours) return
      addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
        console.error(`${forbidden} ${violatedDirective}: ${blockedURI}`),
      )
    },
    { ours: origin, forbidden: FORBIDDEN },
  )
  // Not those of the consent page, nor of requests: the first of each session is refused for want of a nonce.
  const isOurs = (url: string) => url.startsWith(origin)
  context.on('console', (message) => {
    const { url } = message.location()
    const text = message.text()
    if (message.type() === 'error' && (isOurs(url) || text.startsWith(FORBIDDEN))) complaints.push(text)
  })
  context.on('weberror', (error) => {
    if (isOurs(error.page()?.url() ?? '')) complaints.push(String(error.error()))
  })
  const page = await context.newPage()
  await page.goto(origin)
  return { context, page, complaints }
}

/** Signs in by the window that the app opens, and decides there. */
export async function signInByPopup(
  { page }: Pick<Visitor, 'page'>,
  { handle, password }: Person,
  decision: Decision = 'Authorize',
): Promise<void> {
  const popup = await openPopup(page, handle)
  const closed = popup.waitForEvent('close')
  await consent(popup, { username: handle, password, decision })
  await closed
}

/** Begins to sign in, and gives the window that shows the consent page. */
export async function openPopup(page: Page, handle: string): Promise<Page> {
  await page.getByLabel('Your handle').fill(handle)
  const opening = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  return opening
}

/** Signs in on the page itself, which goes to the consent page and comes back. */
export async function signInByRedirect(
  { page }: Pick<Visitor, 'page'>,
  { handle, password }: Person,
  decision: Decision = 'Authorize',
): Promise<void> {
  await page.getByLabel('Your handle').fill(handle)
  await page.getByRole('button', { name: 'Sign in on this page' }).click()
  await consent(page, { username: handle, password, decision })
}

/** Writes a note, and waits until it stands in the list. */
export async function writeNote(page: Page, text: string): Promise<void> {
  await page.getByLabel('Write a note').fill(text)
  await page.getByRole('button', { name: 'Save' }).click()
  await notes(page).filter({ hasText: text }).waitFor()
}

export function notes(page: Page) {
  return page.getByRole('list', { name: 'Notes' }).getByRole('listitem')
}
