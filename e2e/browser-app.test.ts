import type { Page } from 'playwright-core'
import { signInWithPassword } from 'atproof'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  notes,
  openPopup,
  openVisitor,
  type Person,
  signInByPopup,
  signInByRedirect,
  type Visitor,
  writeNote,
} from './browser-app/visitor.ts'
import { portray } from './browser-app/portrait.ts'
import { consent } from './browser.ts'
import { openApp } from './demo-web/open-app.ts'
import type { ServedApp } from './demo-web/serve-app.ts'
import type { Account } from './network/commands.ts'
import { openRealNetwork, type RealWorld } from './world.ts'

const PASSWORD = 'correct horse battery staple'

let world: RealWorld
let app: ServedApp
let people = 0
beforeAll(async () => {
  world = await openRealNetwork()
  app = await openApp(world.network)
})
afterAll(async () => {
  await app?.close()
  await world?.close()
})

let visitor: Visitor
let page: Page
beforeEach(async () => {
  visitor = await openVisitor(world.browser, app.origin)
  page = visitor.page
  page.setDefaultTimeout(10_000)
})
afterEach(async () => {
  await visitor.context.close()
  expect(visitor.complaints).toEqual([])
})

function newAccount(name: string): Promise<Account> {
  return world.network.createAccount({ handle: `${name}${++people}.test`, password: PASSWORD })
}

/** An account whose notes are on the screen. */
async function signedIn(name: string): Promise<Account> {
  const account = await newAccount(name)
  await signInByPopup(visitor, account)
  await heading('Notes').waitFor()
  return account
}

const heading = (name: string) => page.getByRole('heading', { name, level: 1 })
const button = (name: string) => page.getByRole('button', { name, exact: true })
const problem = () => page.getByRole('alert')
const inUse = ({ handle }: Person) => page.getByRole('button', { name: `Account: ${handle}` })

/** What the element that has the focus says. */
const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim())

test('signs in by a window, shows what it finds, and writes, reads and deletes notes', async () => {
  const alice = await newAccount('alice')
  await heading('Your notes, in your own account').waitFor()
  await portray(page, '1-first-visit')

  const popup = await openPopup(page, alice.handle)
  const closed = popup.waitForEvent('close')
  await popup.waitForURL(/\/oauth\/authorize/)
  await page.getByText('Go on in the window').waitFor()
  expect(await page.locator('.steps code').allTextContents()).toEqual([
    alice.did,
    new URL(world.pds).host,
    new URL(world.issuer).host,
    '',
  ])
  await portray(page, '2-signing-in')
  await consent(popup, { username: alice.handle, password: alice.password, decision: 'Authorize' })
  await closed

  await page.getByText('No notes yet').waitFor()
  expect(await focused()).toBe('Notes')
  await portray(page, '3-no-notes')

  await writeNote(page, 'Low tide at six.\nTake the long boots, café first.')
  await writeNote(page, '<b>Not bold</b>')
  await portray(page, '4-notes')
  await page.reload()
  await notes(page).first().waitFor()
  expect(await notes(page).locator('.text').allTextContents()).toEqual([
    '<b>Not bold</b>',
    'Low tide at six.\nTake the long boots, café first.',
  ])

  const first = notes(page).first()
  await first.getByRole('button', { name: 'Delete this note' }).click()
  await page.getByRole('dialog', { name: 'Delete this note?' }).waitFor()
  await portray(page, '5-deleting')
  await page.keyboard.press('Escape')
  expect(await notes(page).count()).toBe(2)
  await first.getByRole('button', { name: 'Delete this note' }).click()
  await button('Delete').click()
  await expect.poll(() => notes(page).count()).toBe(1)
  await page.reload()
  await notes(page).first().waitFor()
  expect(await notes(page).locator('.text').allTextContents()).toEqual([
    'Low tide at six.\nTake the long boots, café first.',
  ])
})

test('shows older notes piece by piece, and says no more of them at the end', async () => {
  const alice = await signedIn('alice')
  const { did, handle } = alice
  const elsewhere = await signInWithPassword(handle, PASSWORD, world.clientOptions)
  const writes = Array.from({ length: 45 }, (_, at) => ({
    $type: 'com.atproto.repo.applyWrites#create' as const,
    collection: 'com.example.note',
    rkey: `2${String(at).padStart(2, '0')}`,
    value: { $type: 'com.example.note', text: `Note ${at}`, createdAt: new Date().toISOString() },
  }))
  await elsewhere.post('com.atproto.repo.applyWrites', { input: { repo: did, writes } })
  await page.reload()
  await expect.poll(() => notes(page).count()).toBe(20)
  // One that is written meanwhile stands in the list once, and moves no other.
  await writeNote(page, 'The newest')
  await button('Show older notes').click()
  await expect.poll(() => notes(page).count()).toBe(41)
  await world.network.fail({ path: '/xrpc/com.atproto.repo.listRecords', kind: 'lose-answer', times: 3 })
  await button('Show older notes').click()
  await problem().getByText('no connection').waitFor({ timeout: 20_000 })
  await button('Try again').click()
  await expect.poll(() => notes(page).count()).toBe(46)
  const older = writes.map(({ value }) => value.text).toReversed()
  expect(await notes(page).locator('.text').allTextContents()).toEqual(['The newest', ...older])
  expect(await button('Show older notes').isVisible()).toBe(false)
})

test('keeps two accounts, one signed in on the page itself, and switches between them', async () => {
  const alice = await signedIn('alice')
  await writeNote(page, 'Of alice')
  await inUse(alice).click()
  await button('Add an account').click()
  await button('Go back').waitFor()
  const bob = await newAccount('bob')
  await signInByRedirect(visitor, bob)
  await inUse(bob).waitFor()
  expect(page.url()).toBe(`${app.origin}/`)
  await writeNote(page, 'Of bob')

  await inUse(bob).click()
  await portray(page, '6-accounts')
  await page.getByRole('button', { name: alice.handle }).click()
  await page.getByText(`Notes of ${alice.handle}.`).waitFor({ state: 'attached' })
  await notes(page).filter({ hasText: 'Of alice' }).waitFor()
  expect(await notes(page).count()).toBe(1)
  // The account in use is that of the browser, for the next page too.
  await page.reload()
  await notes(page).filter({ hasText: 'Of alice' }).waitFor()

  // A tab follows another one where that is about its own account.
  const other = await visitor.context.newPage()
  await other.goto(app.origin)
  await other.getByRole('button', { name: `Account: ${alice.handle}` }).click()
  await other.getByRole('button', { name: 'Sign out' }).click()
  await other.getByRole('button', { name: `Account: ${bob.handle}` }).waitFor()
  await inUse(bob).waitFor()
  await notes(page).filter({ hasText: 'Of bob' }).waitFor()
  expect(await notes(page).count()).toBe(1)
})

test('says so where the person refuses, closes the window, or types what nobody has', async () => {
  const alice = await newAccount('alice')
  await signInByPopup(visitor, alice, 'Deny access')
  await problem().getByText('not allowed').waitFor()
  expect(await page.getByLabel('Your handle').inputValue()).toBe(alice.handle)
  await portray(page, '7-refused')
  await button('Dismiss').press('Enter')
  expect(await problem().textContent()).toBe('')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')

  await signInByRedirect(visitor, alice, 'Deny access')
  await page.waitForURL(`${app.origin}/`)
  await problem().getByText('not allowed').waitFor()

  const popup = await openPopup(page, alice.handle)
  await popup.waitForURL(/\/oauth\/authorize/)
  await popup.close()
  // As somebody does who is back at the page: a browser without a window tells of no focus.
  await page.keyboard.press('Shift')
  await problem().getByText('was closed').waitFor({ timeout: 10_000 })

  await page.getByLabel('Your handle').fill('nobody.test')
  await page.keyboard.press('Enter')
  await problem().getByText('Nobody has this handle').waitFor()
  expect(await page.getByLabel('Your handle').getAttribute('aria-invalid')).toBe('true')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('handle')
  await portray(page, '8-unknown-handle')
})

test('leads back into a session that has ended, with what was being written', async () => {
  const alice = await signedIn('alice')
  const sessionOf = () => page.locator('#account-list button').getAttribute('data-session-id')
  const before = await sessionOf()
  const end = async (draft: string) => {
    await world.network.revokeSessions(alice.did)
    await page.getByLabel('Write a note').fill(draft)
    await button('Save').click()
    await heading('Please sign in again').waitFor()
  }
  await end('Half a thought')
  await page.getByText('was signed out by its server').waitFor()
  await page.getByText('what you were writing is still here').waitFor()
  expect(await focused()).toBe('Please sign in again')
  await portray(page, '9-ended')

  const opening = page.waitForEvent('popup')
  await button('Sign in again').click()
  const decision = { username: alice.handle, password: alice.password, decision: 'Authorize' } as const
  await consent(await opening, decision)
  await heading('Notes').waitFor()
  expect(await sessionOf()).toBe(before)
  expect(await page.getByLabel('Write a note').inputValue()).toBe('Half a thought')
  await writeNote(page, 'A whole one')

  // Where the browser opens no window, the page itself goes there and comes back.
  await page.evaluate(() => void (window.open = () => null))
  await end('Half another')
  await button('Sign in again').click()
  await consent(page, decision)
  await heading('Notes').waitFor()
  expect(await sessionOf()).toBe(before)
  expect(await page.getByLabel('Write a note').inputValue()).toBe('Half another')
  // Whoever refuses is where they were before.
  await page.evaluate(() => void (window.open = () => null))
  await end('Half a third')
  await button('Sign in again').click()
  await consent(page, { ...decision, decision: 'Deny access' })
  await problem().getByText('not allowed').waitFor()
  await heading('Please sign in again').waitFor()
  expect(await page.locator('#text').inputValue()).toBe('Half a third')
  // It stays ended for a page that is opened anew, which has nothing of what was being written.
  await page.reload()
  await heading('Please sign in again').waitFor()
  expect(await page.getByText('what you were writing').isVisible()).toBe(false)
})

test('follows another tab out of a session that has ended and back into it, and is not disturbed otherwise', async () => {
  // So short that the library renews it before the next call.
  await world.network.setAccessTokenLifetime(3000)
  const alice = await signedIn('alice')
  const other = await visitor.context.newPage()
  await other.goto(app.origin)
  await writeNote(other, 'Of the other tab')

  await inUse(alice).click()
  await button('Add an account').click()
  await page.getByLabel('Your handle').fill('bo')
  await world.network.requests()
  const pathsOfReload = async () => {
    await other.reload()
    await notes(other).first().waitFor()
    return (await world.network.requests()).map(({ path }) => path)
  }
  await expect.poll(pathsOfReload, { timeout: 10_000 }).toContain('/oauth/token')
  await world.network.setAccessTokenLifetime(60 * 60 * 1000)
  expect(await page.getByLabel('Your handle').inputValue()).toBe('bo')
  await button('Go back').click()

  await world.network.revokeSessions(alice.did)
  await other.getByLabel('Write a note').fill('Too late')
  await other.getByRole('button', { name: 'Save' }).click()
  await heading('Please sign in again').waitFor()
  const opening = other.waitForEvent('popup')
  await other.getByRole('button', { name: 'Sign in again' }).click()
  await consent(await opening, { username: alice.handle, password: alice.password, decision: 'Authorize' })
  await heading('Notes').waitFor()
  await writeNote(page, 'Back again')
})

test('starts without a network, says so, and goes on by itself once it is back', async () => {
  const alice = await signedIn('alice')
  await writeNote(page, 'From before')
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null)

  await visitor.context.setOffline(true)
  await page.getByText('You are offline').waitFor()
  await page.getByLabel('Write a note').fill('From a tunnel')
  await button('Save').click()
  await problem().getByText('Your note will be saved as soon as you are back online').waitFor()
  expect(await page.getByLabel('Write a note').inputValue()).toBe('From a tunnel')
  await portray(page, '10-offline')
  await visitor.context.setOffline(false)
  await notes(page).filter({ hasText: 'From a tunnel' }).waitFor()
  expect(await page.getByLabel('Write a note').inputValue()).toBe('')

  await visitor.context.setOffline(true)
  await page.reload()
  await inUse(alice).waitFor()
  await page.getByText('You are offline').waitFor()
  await problem().getByText('Your notes will be here as soon as you are back online').waitFor()
  // What waits is all done, not the last of it alone.
  await page.getByLabel('Write a note').fill('From the next tunnel')
  await button('Save').click()
  await problem().getByText('Your note will be saved as soon as you are back online').waitFor()
  await portray(page, '11-offline-start')

  await visitor.context.setOffline(false)
  await notes(page).filter({ hasText: 'From before' }).waitFor()
  await notes(page).filter({ hasText: 'From the next tunnel' }).waitFor()
  await expect.poll(() => notes(page).count()).toBe(3)
  expect(await page.getByText('You are offline').count()).toBe(0)
  expect(await problem().textContent()).toBe('')
  await writeNote(page, 'From the other side')
})

test('says so where a server fails, and tries again when told to', async () => {
  await signedIn('alice')
  await page.getByLabel('Write a note').fill('Once')
  await world.network.fail({ path: '/xrpc/com.atproto.repo.putRecord', kind: 'lose-answer', onlyStatus: 200 })
  await button('Save').click()
  await problem().getByText('no connection').waitFor()
  await portray(page, '12-failing-server')
  await button('Try again').click()
  await notes(page).filter({ hasText: 'Once' }).waitFor()
  expect(await problem().textContent()).toBe('')
  // The first one was written, too: under the same key.
  await page.reload()
  await notes(page).first().waitFor()
  expect(await notes(page).count()).toBe(1)
})

test('signs out: the session is over here and at the server, and nothing of it stays on the page', async () => {
  const alice = await signedIn('alice')
  await writeNote(page, 'Of alice')
  await page.getByLabel('Write a note').fill('Half a thought')
  await world.network.requests()
  await inUse(alice).click()
  await button('Sign out').click()
  await heading('Your notes, in your own account').waitFor()
  const requests = await world.network.requests()
  const revoked = requests.filter(
    ({ method, path, status }) => method === 'POST' && path === '/oauth/revoke' && status === 200,
  )
  expect(revoked).toHaveLength(1)
  expect(await page.locator('.note').count()).toBe(0)
  expect(await page.locator('#text').inputValue()).toBe('')
  await page.reload()
  await heading('Your notes, in your own account').waitFor()
  expect(await inUse(alice).count()).toBe(0)
})

test('is used by the keyboard alone', async () => {
  const alice = await newAccount('alice')
  await heading('Your notes, in your own account').waitFor()
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('Skip to the content')
  await page.keyboard.press('Tab')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('handle')
  await page.keyboard.type(alice.handle)
  const opening = page.waitForEvent('popup')
  await page.keyboard.press('Enter')
  await consent(await opening, { username: alice.handle, password: alice.password, decision: 'Authorize' })
  await heading('Notes').waitFor()

  await page.keyboard.press('Tab')
  await page.keyboard.type('By hand')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('Save')
  await page.keyboard.press('Enter')
  await notes(page).filter({ hasText: 'By hand' }).waitFor()
  await notes(page).getByRole('button').focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { description: 'By hand' }).waitFor()
  // What cannot be undone takes more than one key.
  expect(await focused()).toBe('Keep it')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  expect(await focused()).toBe('Delete')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate(() => document.activeElement?.getAttribute('value'))).toBe('delete')
  await page.keyboard.press('Enter')
  await page.getByText('No notes yet').waitFor()
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('text')

  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Accounts' }).waitFor()
  await page.keyboard.press('Escape')
  expect(await focused()).toContain(alice.handle)
})

test('holds still for those who ask for it', async () => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.evaluate(() => {
    for (const { id } of document.querySelectorAll('section')) {
      document.querySelector(`#${id}`)?.removeAttribute('hidden')
    }
  })
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
})
