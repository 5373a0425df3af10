import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { memoryStorage, OAuthClient } from 'atproof'
import { type Account, type FakeNetwork, fakeNetwork } from 'atproof/testing'
import { Notes } from './notes.ts'

const CREATE_RECORD = '/xrpc/com.atproto.repo.createRecord'
const MINUTE = 60_000

let network: FakeNetwork
let alice: Account
let notes: Notes

// A whole network in this process, the app that is tested, and somebody to use it.
beforeEach(() => {
  network = fakeNetwork()
  alice = network.createAccount('alice.test')
  const oauth = new OAuthClient({
    ...network.clientOptions,
    redirectUri: 'http://127.0.0.1/callback',
    scope: 'atproto transition:generic',
    storage: memoryStorage({ clock: network.clock }),
  })
  notes = new Notes(oauth)
})
afterEach(() => network.close())

async function signIn(): Promise<string> {
  return notes.finishSignIn(alice.approve(await notes.beginSignIn(alice.handle)))
}

test('a note is saved', async () => {
  assert.equal(await signIn(), 'Signed in as alice.test.')
  assert.equal(await notes.save('Buy milk'), 'Saved.')
  assert.equal(network.log.count(CREATE_RECORD), 1)
})

test('a person may refuse', async () => {
  const callback = alice.deny(await notes.beginSignIn(alice.handle))
  assert.equal(await notes.finishSignIn(callback), 'You are not signed in.')
  assert.equal(await notes.save('Buy milk'), 'Sign in to save your note.')
})

test('a server that is down keeps nobody from trying again', async () => {
  await signIn()
  network.fault({ path: CREATE_RECORD, status: 503 })
  assert.match(await notes.save('Buy milk'), /does not answer/)
  assert.equal(await notes.save(notes.draft), 'Saved.')
})

test('a person who ends the session elsewhere is told', async () => {
  await signIn()
  alice.revokeSessions()
  const saving = notes.save('Buy milk')
  await network.clock.advance(1000) // the client asks once more after a second, before it believes it
  assert.match(await saving, /sign in again as alice\.test/)
})

test('when the answer to a refresh is lost, the note is not', async () => {
  await signIn()
  await network.clock.advance(60 * MINUTE) // the access token has ended
  network.fault({ path: '/oauth/token', lose: 'answer' })
  assert.match(await notes.save('Buy milk'), /does not answer/)

  // The server has spent the refresh token, and nobody knows the new one. Six minutes later that is certain.
  await network.clock.advance(6 * MINUTE)
  const screen = 'You were signed out. Your note is kept: sign in again as alice.test to save it.'
  assert.equal(await notes.save(notes.draft), screen)

  await signIn()
  assert.equal(await notes.save(notes.draft), 'Saved.')
  assert.equal(notes.draft, '')
})

test('whatever else goes wrong, the log tells', async () => {
  await signIn()
  await notes.save('Buy milk')
  assert.match(
    String(network.log),
    /alice\.test +POST +https:\/\/pds\.example\.com\/xrpc\/com\.atproto\.repo\.createRecord/,
  )
})
