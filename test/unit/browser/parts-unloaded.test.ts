import { accounts, OAuthClient, resume, signOut } from 'atproof/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { browserScene, CALLBACK, failureOf, signedIn } from './scene.ts'

const CARE = '../../../src/browser/care.ts'
const FIND = '../../../src/browser/find-accounts.ts'
const EXPLAIN = '../../../src/browser/explain-failure.ts'

/** Has a part fail to load, as after a newer app was put in the place of this one. */
function lose(part: string): void {
  vi.doMock(part, () => {
    throw new Error('offline')
  })
}
afterEach(() => {
  for (const part of [CARE, FIND, EXPLAIN]) vi.doUnmock(part)
})

test('who is signed in, and a sign-out, need no part but their own', async () => {
  lose(CARE)
  const scene = browserScene()
  // Over the storage of a page: its writing is a part too.
  const oauth = new OAuthClient({ redirectUri: CALLBACK, page: scene.open().page, fetch: scene.network.fetch })
  const noDatabase = { name: 'StorageError', message: expect.not.stringContaining('could not be loaded') }
  expect(await failureOf(accounts(oauth))).toMatchObject(noDatabase)
  expect(await failureOf(signOut(oauth, `${scene.alice.did}/a-session`))).toMatchObject(noDatabase)
})

test.each([FIND, EXPLAIN])(
  '%s is loaded once a page has somebody: it may be gone when it is needed',
  async (part) => {
    let loads = 0
    vi.doMock(part, (importActual) => {
      loads++
      return importActual()
    })
    const scene = browserScene()
    await signedIn(scene)
    loads = 0
    await resume(scene.open().oauth)
    await vi.waitFor(() => expect(loads).toBe(1))
  },
)

test('what finds accounts is said to be missing where it is', async () => {
  lose(FIND)
  const scene = browserScene()
  expect(await failureOf(accounts(scene.open().oauth))).toMatchObject({
    name: 'NetworkError',
    code: 'unreachable',
  })
})
