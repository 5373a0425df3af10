import type { AuthorizeOptions, OAuthClient, XrpcClient } from 'atproof'
import { failureOf } from '../scene.ts'
import { signedInAlice, type SignedInScene } from '../refresh/scene.ts'

/** Alice is signed in, and her app's runtime is told of what goes on after an answer was given. */
export async function watchedAlice(
  options: Parameters<typeof signedInAlice>[0] = {},
): Promise<SignedInScene & { /** Waits for all of that. */ settled(): Promise<void> }> {
  const work: Promise<unknown>[] = []
  const waitUntil = (promise: Promise<unknown>) => void work.push(promise)
  const scene = await signedInAlice({ ...options, client: { waitUntil, ...options.client } })
  return {
    ...scene,
    async settled() {
      while (work.length > 0) await work.pop()
    },
  }
}

/** The tokens that servers were asked to revoke, and did. */
export function revoked({ network }: Pick<SignedInScene, 'network'>): (string | null | undefined)[] {
  const answered = network.log.to('/oauth/revoke').filter(({ status }) => status === 200)
  return answered.map(({ form }) => form?.get('token'))
}

/** Alice's session was ended by her server, and this process has heard of it. */
export async function endedAlice(options?: Parameters<typeof signedInAlice>[0]): Promise<SignedInScene> {
  const scene = await signedInAlice(options)
  scene.alice.revokeSessions()
  await failureOf(scene.client.refresh())
  scene.network.log.clear()
  scene.storage.reset()
  return scene
}

/** What signing in again takes of a scene. */
type Returning = Pick<SignedInScene, 'oauth' | 'alice' | 'client'>

/** Alice has consented to sign in again: what her browser brings back. */
export async function consentedAgain(
  { oauth, alice, client }: Returning,
  options?: AuthorizeOptions,
): Promise<{ readonly callback: string; readonly context: string }> {
  const { url, context } = await oauth.authorize(client, options)
  return { callback: alice.approve(url), context }
}

/** Alice signs in again by the client that she has. */
export async function signInAgain(scene: Returning, oauth: OAuthClient = scene.oauth): Promise<XrpcClient> {
  const { callback, context } = await consentedAgain(scene)
  return (await oauth.callback(callback, { context })).client
}
