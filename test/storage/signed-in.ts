import { OAuthClient, type Storage } from 'atproof'
import { fakeNetwork, testClock } from 'atproof/testing'
import { onTestFinished } from 'vitest'

/** Signs alice in over a storage that goes by the real time. */
export async function signedIn(storage: Storage) {
  const network = fakeNetwork({ clock: testClock({ start: Date.now() }) })
  onTestFinished(() => network.close())
  const oauth = new OAuthClient({ ...network.clientOptions, redirectUri: 'http://127.0.0.1/callback', storage })
  const alice = network.createAccount('alice.test')
  const { url, context } = await oauth.authorize('alice.test')
  const { client } = await oauth.callback(alice.approve(url), { context })
  return { oauth, sessionId: client.session.sessionId }
}
