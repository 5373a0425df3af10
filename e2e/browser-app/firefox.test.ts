import { type Browser, firefox } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openApp } from '../demo-web/open-app.ts'
import type { ServedApp } from '../demo-web/serve-app.ts'
import { ensureFirefox } from '../install.ts'
import { type RealNetwork, startNetwork } from '../network/start.ts'
import { notes, openVisitor, signInByPopup, signInByRedirect, writeNote } from './visitor.ts'

let network: RealNetwork
let app: ServedApp
let browser: Browser
beforeAll(async () => {
  network = await startNetwork()
  app = await openApp(network)
  browser = await firefox.launch({ channel: 'moz-firefox', executablePath: await ensureFirefox() })
})
afterAll(async () => {
  await browser?.close()
  await app?.close()
  await network?.close()
})

test('the app works in Firefox, too: two accounts, notes, a session that ended, the way out', async () => {
  const password = 'correct horse battery staple'
  const alice = await network.createAccount({ handle: 'alice.test', password })
  const bob = await network.createAccount({ handle: 'bob.test', password })
  const visitor = await openVisitor(browser, app.origin)
  const { page } = visitor
  const menuOf = (handle: string) => page.getByRole('button', { name: `Account: ${handle}` })

  await signInByPopup(visitor, alice)
  await page.getByText('No notes yet').waitFor()
  await writeNote(page, 'Of alice')
  await menuOf('alice.test').click()
  await page.getByRole('button', { name: 'Add an account' }).click()
  await signInByRedirect(visitor, bob)
  await menuOf('bob.test').waitFor()
  expect(page.url()).toBe(`${app.origin}/`)
  await page.getByText('No notes yet').waitFor()

  await menuOf('bob.test').click()
  await page.getByRole('button', { name: 'alice.test' }).click()
  await notes(page).filter({ hasText: 'Of alice' }).waitFor()
  await page.reload()
  await notes(page).filter({ hasText: 'Of alice' }).waitFor()

  await network.revokeSessions(alice.did)
  await notes(page).getByRole('button', { name: 'Delete this note' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('heading', { name: 'Please sign in again' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).last().click()
  await menuOf('bob.test').waitFor()
  expect(visitor.complaints).toEqual([])
})
