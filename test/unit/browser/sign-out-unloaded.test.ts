import { resume, signOut } from 'atproof/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { browserScene, failureOf, signedIn } from './scene.ts'

const [DOOR, SIGN_OUT] = ['../../../src/browser/door.ts', '../../../src/browser/sign-out-parts.ts']

function unloadable(): never {
  throw new Error('offline')
}

// In a file of its own: the parts are loaded anew afterwards.
afterEach(() => {
  vi.doUnmock(DOOR)
  vi.doUnmock(SIGN_OUT)
})

test('signs nothing out where what it takes cannot be loaded', async () => {
  const scene = browserScene()
  const { client, oauth } = await signedIn(scene)
  vi.doMock(SIGN_OUT, unloadable)
  const { sessionId } = client.session
  for (const attempt of [signOut(oauth, sessionId), oauth.revoke(sessionId), oauth.revokeAll(client.did)]) {
    expect(await failureOf(attempt)).toMatchObject({ name: 'NetworkError', code: 'unreachable', retryable: true })
  }
  expect(scene.network.log.count('/oauth/revoke')).toBe(0)
  expect(await resume(scene.open().oauth)).toMatchObject({ client: { session: { sessionId, status: 'active' } } })
})

test('signs out without what signs in', async () => {
  const scene = browserScene()
  const { client, oauth } = await signedIn(scene)
  vi.doMock(DOOR, unloadable)
  expect(await signOut(oauth, client.session.sessionId)).toEqual({ accepted: true })
  expect(await resume(scene.open().oauth)).toBeUndefined()
})
