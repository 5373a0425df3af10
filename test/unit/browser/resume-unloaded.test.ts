import { resume } from 'atproof/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { APP, browserScene, failureOf, leaveToSignIn, signedIn } from './scene.ts'

const PART = '../../../src/browser/door.ts'

/** Has the part fail to load, as without a network. */
function unload(): void {
  vi.doMock(PART, () => {
    throw new Error('offline')
  })
}
afterEach(() => void vi.doUnmock(PART))

test('leaves the response where it is while a part of the app cannot be loaded, so that a reload tries again', async () => {
  const scene = browserScene()
  const callback = scene.alice.approve(await leaveToSignIn(scene, scene.open(), scene.alice))
  unload()
  const { oauth, page } = scene.open(callback)
  expect(await failureOf(resume(oauth))).toMatchObject({
    name: 'NetworkError',
    code: 'unreachable',
    retryable: true,
  })
  expect(page.addresses).toEqual([callback])
  vi.doUnmock(PART)
  expect(await resume(scene.open(page.address).oauth)).toMatchObject({ client: { did: scene.alice.did } })
})

test.each(['', '?state=CA', '?code=ABC&error=none', '#/notes?state=open', '?restate=x&code=y'])(
  'loads no part for an address that holds no response, whatever the app has in it: %j',
  async (own) => {
    const scene = browserScene()
    await signedIn(scene)
    unload()
    const { oauth, page } = scene.open(`${APP}/${own}`)
    expect(await resume(oauth)).toMatchObject({ client: { did: scene.alice.did }, state: undefined })
    expect(page.addresses).toHaveLength(1)
  },
)
