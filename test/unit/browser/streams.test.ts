import type { XrpcClient } from 'atproof'
import { resume } from 'atproof/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { browserScene, leaveToSignIn } from './scene.ts'

afterEach(() => {
  vi.unstubAllGlobals()
})

/** Alice's clients in a browser whose fetch sends no streams: the one that signed in, and one that was restored. */
async function withoutStreams() {
  const scene = browserScene()
  const bodies: unknown[] = []
  vi.stubGlobal('fetch', (url: string, init: RequestInit = {}) => {
    if (new URL(url).pathname.endsWith('uploadBlob')) bodies.push(init.body)
    return scene.network.fetch(url, init)
  })
  const options = { fetch: undefined }
  const url = await leaveToSignIn(scene, scene.open(undefined, options), scene.alice)
  const signedIn = await resume(scene.open(scene.alice.approve(url), options).oauth)
  const restored = await resume(scene.open(undefined, options).oauth)
  if (!signedIn || !restored) throw new Error('nobody is signed in')
  return { bodies, signedIn: signedIn.client, restored: restored.client, ...scene }
}

async function upload(client: XrpcClient): Promise<number> {
  const { data } = await client.uploadBlob(new Blob(['hello']).stream(), { encoding: 'text/plain' })
  return data.blob.size
}

test.each(['signedIn', 'restored'] as const)(
  'a stream is uploaded whole, as no browser would: %s',
  async (which) => {
    const scene = await withoutStreams()
    expect(await upload(scene[which])).toBe(5)
    expect(scene.bodies.map((body) => body instanceof Blob)).toEqual([true])
  },
)
