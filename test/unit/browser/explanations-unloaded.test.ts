import { resume, signIn } from 'atproof/browser'
import { expect, test, vi } from 'vitest'
import { browserScene, failureOf, leaveToSignIn } from './scene.ts'
import { openSite, serveMetadata } from './web-client.ts'

const PART = '../../../src/browser/explain-options.ts'

/** How often it was asked for. */
let asked = 0

/** From now on it cannot be loaded. */
function cutOff(): void {
  asked = 0
  vi.doMock(PART, () => {
    asked += 1
    throw new Error('offline')
  })
}

// In a file of its own: the part is loaded anew afterwards.
test('a page under development whose callback comes meanwhile can try it again', async () => {
  const scene = browserScene()
  const callback = scene.alice.approve(await leaveToSignIn(scene, scene.open(), scene.alice))
  cutOff()
  const { oauth, page } = scene.open(callback)
  expect(await failureOf(resume(oauth))).toMatchObject({ name: 'NetworkError', retryable: true })
  vi.doUnmock(PART)
  expect(await resume(scene.open(page.address).oauth)).toMatchObject({ client: { did: scene.alice.did } })
})

test('a page under development is told that a part could not be loaded, and nothing is sent', async () => {
  cutOff()
  const scene = browserScene()
  const { oauth } = scene.open()
  expect(await failureOf(signIn(oauth, scene.alice.handle))).toMatchObject({
    name: 'NetworkError',
    code: 'unreachable',
    retryable: true,
  })
  expect(asked).toBe(1)
  expect(scene.network.log.length).toBe(0)
})

test('a page at its own address hears what the server said', async () => {
  cutOff()
  const scene = browserScene()
  serveMetadata(scene)
  const { oauth } = openSite(scene, { scope: 'atproto repo:nothing' })
  expect(await failureOf(signIn(oauth, scene.alice.handle))).toMatchObject({
    name: 'AuthorizationError',
    code: 'scope_refused',
  })
  expect(asked).toBe(1)
})

test('a page at its own address signs in, and asks for it at no step', async () => {
  cutOff()
  const scene = browserScene()
  serveMetadata(scene)
  const wishes = { locale: ['de-CH', 'de'], prompt: 'login', state: '/inbox', onProgress: () => {} }
  const url = await leaveToSignIn(scene, openSite(scene), scene.alice, wishes)
  expect(await resume(openSite(scene, {}, scene.alice.approve(url)).oauth)).toMatchObject({ state: '/inbox' })
  expect(asked).toBe(0)
})
