import { resume } from 'atproof/browser'
import { expect, test, vi } from 'vitest'
import { browserScene, CALLBACK, failureOf, leaveToSignIn } from './scene.ts'

const PART = '../../../src/browser/door.ts'

// In a file of its own: the part is loaded anew afterwards.
test('puts the response back where a part of the app cannot be loaded, so that a reload tries again', async () => {
  const scene = browserScene()
  const callback = scene.alice.approve(await leaveToSignIn(scene, scene.open(), scene.alice))
  vi.doMock(PART, () => {
    throw new Error('offline')
  })
  const { oauth, page } = scene.open(callback)
  expect(await failureOf(resume(oauth))).toMatchObject({
    name: 'NetworkError',
    code: 'unreachable',
    retryable: true,
  })
  expect(page.addresses).toEqual([callback, CALLBACK, callback])
  vi.doUnmock(PART)
  expect(await resume(scene.open(page.address).oauth)).toMatchObject({ client: { did: scene.alice.did } })
})
