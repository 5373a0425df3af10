import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { type ClientScene, clientScene, privateKey } from './scene.ts'

const SECONDS = () => Math.floor(Date.now() / 1000)

/** Which key each token request was signed with. */
function kidsOf({ network }: ClientScene): (string | undefined)[] {
  return network.log
    .to('/oauth/token')
    .filter(({ status }) => status === 200)
    .map(({ assertion }) => assertion?.header.kid)
}

/** The next deployment restores the session that is stored. */
async function restored(scene: ClientScene, keys: readonly JWK[]) {
  const { sessionId } = await scene.record()
  const client = await scene.deploy({ keys }).restore(sessionId)
  if (!client) throw new Error('there is no session')
  return client
}

test('[C11] [H3] a new key is for new sessions; an old session keeps its own as long as it lives', async () => {
  const scene = clientScene()
  const { deploy, signIn, record, network, clock } = scene
  const [k1, k2] = [await privateKey('k1'), await privateKey('k2')]
  await signIn(deploy({ keys: [k1] }))
  const old = await restored(scene, [k2, k1])
  // Servers keep a document for ten minutes.
  await clock.advance(600_000)
  await old.refresh()
  await old.refresh()
  expect((await record()).clientAuth).toMatchObject({ kid: 'k1' })
  network.log.clear()
  const bob = network.createAccount('bob.example.com')
  const oauth = deploy({ keys: [k2, k1] })
  const { url, context } = await oauth.authorize(bob.handle)
  const { client } = await oauth.callback(bob.approve(url), { context })
  await client.refresh()
  await old.refresh()
  expect(kidsOf(scene)).toEqual(['k2', 'k2', 'k1'])
})

test('[C11] [H3] a key of another algorithm is no reason to change one, either', async () => {
  const scene = clientScene()
  const { deploy, signIn, record, clock } = scene
  const [rsa, es256] = [await privateKey('k1', 'RS256'), await privateKey('k2')]
  await signIn(deploy({ keys: [rsa] }))
  const { clientAuth } = await record()
  const client = await restored(scene, [es256, rsa])
  await clock.advance(600_000)
  await client.refresh()
  expect((await record()).clientAuth).toEqual(clientAuth)
  expect(clientAuth).toMatchObject({ kid: 'k1', alg: 'RS256' })
})

test('[C11] a key that is no longer active refreshes what it began, and begins nothing', async () => {
  const scene = clientScene()
  const { deploy, signIn, clock } = scene
  const exp = Math.floor(clock.now() / 1000) + 60
  const [k1, k2] = [await privateKey('k1', 'ES256', { exp }), await privateKey('k2')]
  const oauth = deploy({ keys: [k1, k2] })
  const client = await signIn(oauth)
  await clock.advance(61_000)
  await client.refresh()
  await signIn(oauth)
  expect(kidsOf(scene)).toEqual(['k1', 'k1', 'k2'])
  expect(oauth.jwks.keys.map(({ kid }) => kid)).toEqual(['k1', 'k2'])
})

test('[C11] a key that is not yet active is served, so that servers know it in time, and not used', async () => {
  const scene = clientScene()
  const { deploy, signIn, clock } = scene
  const nbf = Math.floor(clock.now() / 1000) + 3600
  const oauth = deploy({ keys: [await privateKey('k2', 'ES256', { nbf }), await privateKey('k1')] })
  expect(oauth.clientMetadata.jwks?.keys.map(({ kid }) => kid)).toEqual(['k2', 'k1'])
  expect(JSON.stringify(oauth.clientMetadata)).not.toContain('nbf')
  await signIn(oauth)
  await clock.advance(3_600_000)
  await signIn(oauth)
  expect(kidsOf(scene)).toEqual(['k1', 'k2'])
})

test('[C11] no active key is an error of the sign-in that says so, before anything is sent', async () => {
  const { deploy, alice, network } = clientScene()
  const oauth = deploy({ keys: [await privateKey('k1', 'ES256', { exp: SECONDS() - 10_000_000_000 })] })
  expect(await failureOf(oauth.authorize(alice.handle))).toMatchObject({
    name: 'AuthorizationError',
    code: 'client_key_missing',
    found: 'k1 (ES256, no longer active)',
    retryable: false,
  })
  expect(network.log.to('/oauth/par')).toEqual([])
})

test('[C11] [H3] a session whose key is gone names it, and is not harmed', async () => {
  const scene = clientScene()
  const { deploy, signIn, record, network, alice } = scene
  const [k1, k2] = [await privateKey('k1'), await privateKey('k2')]
  await signIn(deploy({ keys: [k1] }))
  const before = await record()
  const client = await restored(scene, [k2])
  // So long that the issuer would be asked for before a refresh: not for one that cannot be signed.
  await scene.clock.advance(600_000)
  network.log.clear()
  const error = await failureOf(client.refresh())
  expect(error).toMatchObject({ name: 'SessionError', code: 'client_key_missing', did: alice.did, field: 'keys' })
  expect(error.message).toContain('the ES256 key k1 with the thumbprint')
  expect(error.action).toBe('add the key k1 back to `keys`')
  expect(await record()).toEqual(before)
  expect(network.log.length).toBe(0)
  await (await restored(scene, [k2, k1])).refresh()
  expect((await record()).gen).toBe(before.gen + 1)
})

test('[C11] [H3] another key of the same name counts as gone, and the error says that there is another', async () => {
  const scene = clientScene()
  await scene.signIn(scene.deploy({ keys: [await privateKey('k1')] }))
  const client = await restored(scene, [await privateKey('k1')])
  scene.network.log.clear()
  const error = await failureOf(client.refresh())
  expect(error).toMatchObject({ code: 'client_key_missing' })
  expect(error.found).toMatch(/^another key k1, with the thumbprint [\w-]{43}$/)
  expect(scene.network.log.length).toBe(0)
})

test('[C12] a key whose halves do not belong together is met before a session is harmed by it', async () => {
  const scene = clientScene()
  const [k1, other] = [await privateKey('k1'), await privateKey('k1')]
  await scene.signIn(scene.deploy({ keys: [k1] }))
  const before = await scene.record()
  const client = await restored(scene, [{ ...k1, ...(other.d !== undefined && { d: other.d }) }])
  scene.network.log.clear()
  const error = await failureOf(client.refresh())
  expect(error).toMatchObject({ name: 'SessionError', code: 'client_key_unusable', field: 'keys' })
  expect(await scene.record()).toEqual(before)
  expect(scene.network.log.to('/oauth/token')).toEqual([])
})
