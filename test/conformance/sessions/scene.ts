import type { AuthorizeOptions, OAuthClient, Storage, XrpcClient } from 'atproof'
import type { SessionRecord } from '../../../src/session/record.ts'
import { failureOf } from '../scene.ts'
import { signedInAlice, type SignedInScene } from '../refresh/scene.ts'
import { sharedStorage } from '../sign-in/processes.ts'

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

/** A writing of the sign-in that leads back into a session of Alice's first tokens. */
export const isReturn = (value: unknown): boolean => (value as SessionRecord).gen === 3

/** A writing of a session. */
export const hasTokens = (value: unknown): boolean => 'tokens' in Object(value)

/** The same app in another process, and Alice's session there. */
export async function elsewhere(
  { storage, sessionId, deploy }: SignedInScene,
  over: Storage = sharedStorage(storage),
): Promise<{ readonly oauth: OAuthClient; readonly client: XrpcClient }> {
  const oauth = deploy(over, { waitUntil: undefined })
  const client = await oauth.restore(sessionId)
  if (!client) throw new Error('the other process found no session')
  return { oauth, client }
}

/** A storage of another process. Its sessions cannot be read while it is away. */
export function unreadableAtTimes(inner: Storage): {
  readonly storage: Storage
  goAway(): void
  comeBack(): void
} {
  let isAway = false
  const get: Storage['get'] = async (key) => {
    if (isAway && key.startsWith('session/')) throw new Error('nobody answers')
    return inner.get(key)
  }
  return {
    storage: sharedStorage(inner, { get }),
    goAway: () => void (isAway = true),
    comeBack: () => void (isAway = false),
  }
}

/** Alice signed in again in a process that never had her session, while it could not be read. The storage is back now. */
export async function signedInUnread(
  scene: SignedInScene,
  inner: Storage = scene.storage,
): Promise<{ readonly oauth: OAuthClient; readonly client: XrpcClient }> {
  const { callback, context } = await consentedAgain(scene)
  const { storage, goAway, comeBack } = unreadableAtTimes(inner)
  const oauth = scene.deploy(storage, { waitUntil: undefined })
  goAway()
  const { client } = await oauth.callback(callback, { context })
  comeBack()
  return { oauth, client }
}
