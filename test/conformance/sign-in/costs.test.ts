import type { OAuthClientOptions } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, CLIENT_ID, confidentialAlice, type Scene, WEB_REDIRECT_URI } from '../scene.ts'
import { otherProcess } from './processes.ts'

const MINUTE = 60_000
const SEAL_KEY = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')

/** Alice is at the consent page for a while, and its server has other nonces by then. */
async function slowlyConsented({
  oauth,
  alice,
  clock,
  network,
}: Scene): Promise<{ url: string; context: string }> {
  const { url, context } = await oauth.authorize('alice.example.com')
  await clock.advance(5 * MINUTE)
  network.rotateNonces()
  return { url: alice.approve(url), context }
}

async function quicklyConsented({ oauth, alice }: Scene): Promise<{ url: string; context: string }> {
  const { url, context } = await oauth.authorize('alice.example.com')
  return { url: alice.approve(url), context }
}

/** How often the network was asked, and what. */
async function requestsOf({ network }: Scene, act: () => Promise<unknown>): Promise<readonly string[]> {
  const before = network.log.length
  await act()
  return network.log.entries.slice(before).map(({ path, status }) => `${path} ${status}`)
}

const ways: readonly (readonly [string, Partial<OAuthClientOptions>])[] = [
  ['stored', {}],
  ['sealed', { sealKeys: [SEAL_KEY] }],
]

describe.each(ways)('a callback of a sign-in that is %s', (_, client) => {
  test('[D5] costs one request in the process that began it', async () => {
    const scene = alicesScene({ client })
    const { url, context } = await quicklyConsented(scene)
    const sent = await requestsOf(scene, () => scene.oauth.callback(url, { context }))
    expect(sent).toEqual(['/oauth/token 200'])
  })

  test('[D5] costs one request in another process', async () => {
    const scene = alicesScene({ client })
    const { url, context } = await quicklyConsented(scene)
    const sent = await requestsOf(scene, () => otherProcess(scene, client).callback(url, { context }))
    expect(sent).toEqual(['/oauth/token 200'])
  })

  test.each(['the process that began it', 'another process'])(
    '[D5] [D10] costs two requests in %s where the nonce has gone stale',
    async (where) => {
      const scene = alicesScene({ client })
      const { url, context } = await slowlyConsented(scene)
      const oauth = where === 'another process' ? otherProcess(scene, client) : scene.oauth
      const sent = await requestsOf(scene, () => oauth.callback(url, { context }))
      expect(sent).toEqual(['/oauth/token 400', '/oauth/token 200'])
    },
  )

  test('[D5] [D8] costs one request for a confidential client too', async () => {
    const scene = await confidentialAlice({ client })
    const { url, context } = await quicklyConsented(scene)
    const options = { ...client, clientId: CLIENT_ID, redirectUri: WEB_REDIRECT_URI, keys: scene.keys }
    const sent = await requestsOf(scene, () => otherProcess(scene, options).callback(url, { context }))
    expect(sent).toEqual(['/oauth/token 200'])
  })

  test('[D5] costs nothing where it is loaded again', async () => {
    const scene = alicesScene({ client })
    const { url, context } = await quicklyConsented(scene)
    await scene.oauth.callback(url, { context })
    const sent = await requestsOf(scene, () => scene.oauth.callback(url, { context }).catch(() => {}))
    expect(sent).toEqual([])
  })

  test('[D1] costs of its beginning one push, and one more where the server wants a nonce', async () => {
    for (const noNonces of [false, true]) {
      const scene = alicesScene({ client, network: { noNonces } })
      const sent = await requestsOf(scene, () => scene.oauth.authorize('alice.example.com'))
      expect(sent.filter((line) => line.startsWith('/oauth/')).length).toBe(noNonces ? 1 : 2)
    }
  })
})
