import { memoryStorage, type Storage, type XrpcClient } from 'atproof'
import { exportJWK, generateKeyPair } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type App, openApp, sameStorage, signIn } from './scene.ts'
import { APP_WORLDS, type World } from './world.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const ORIGIN = 'https://app.atproof.internal'
/** For so long a server may go by the document that it knows. */
const DOCUMENT_AGE = 10 * 60_000

type PrivateKey = Readonly<Record<string, unknown>>

async function generateKey(kid: string): Promise<PrivateKey> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), kid }
}

/** What the app signed with, each once, and where. */
function keysSent(app: App): Record<string, string[]> {
  const used: Record<string, string[]> = {}
  for (const { path, clientKey } of app.sent) {
    if (clientKey && !used[path]?.includes(clientKey)) (used[path] ??= []).push(clientKey)
  }
  return used
}

async function restore({ oauth }: App, { session }: XrpcClient): Promise<XrpcClient> {
  const client = await oauth.restore(session.sessionId)
  if (!client) throw new Error('the session is gone')
  return client
}

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())

  /** A confidential client over one storage, deployed again and again. */
  function newDeployments(name: string) {
    const clientId = `${ORIGIN}/${name}.json`
    const storage: Storage = memoryStorage({ clock: world.newClock() })
    /** A process with these keys, the one for new sessions first; its document is served at once. */
    return async function deploy(...keys: PrivateKey[]): Promise<App> {
      const app = openApp(world, {
        clientId,
        redirectUri: `${ORIGIN}/callback`,
        keys,
        storage: sameStorage(storage),
      })
      await world.publish(`/${name}.json`, app.oauth.clientMetadata)
      return app
    }
  }

  test('[C11] [D8] [H3] new sessions use the new key, old ones keep theirs, and both sign out', async () => {
    const [deploy, person] = [newDeployments('rotating'), await world.newPerson()]
    const [k1, k2] = [await generateKey('k1'), await generateKey('k2')]
    const old = await signIn(await deploy(k1), person)
    // The new key is served before it is used: servers know the document without it for a while.
    await deploy(k1, k2)
    await world.skip(DOCUMENT_AGE)

    const rotated = await deploy(k2, k1)
    const fresh = await signIn(rotated, person)
    expect(keysSent(rotated)).toEqual({ '/oauth/par': ['k2'], '/oauth/token': ['k2'] })
    rotated.sent.length = 0
    await (await restore(rotated, old)).refresh()
    expect(keysSent(rotated)).toEqual({ '/oauth/token': ['k1'] })
    rotated.sent.length = 0
    await (await restore(rotated, fresh)).refresh()
    expect(keysSent(rotated)).toEqual({ '/oauth/token': ['k2'] })
    expect((await (await restore(rotated, old)).get(GET_SESSION)).data.did).toBe(person.did)

    rotated.sent.length = 0
    expect(await rotated.oauth.revoke(old.session.sessionId)).toEqual({ accepted: true })
    expect(keysSent(rotated)).toEqual({ '/oauth/revoke': ['k1'] })
    expect((await (await restore(rotated, fresh)).get(GET_SESSION)).data.did).toBe(person.did)
    rotated.sent.length = 0
    expect(await rotated.oauth.revoke(fresh.session.sessionId)).toEqual({ accepted: true })
    expect(keysSent(rotated)).toEqual({ '/oauth/revoke': ['k2'] })
  })

  test('[C11] [H3] a key that was dropped too early is named, and its sessions wait for it', async () => {
    const [deploy, person] = [newDeployments('forgetful'), await world.newPerson()]
    const [k1, k2] = [await generateKey('k1'), await generateKey('k2')]
    const old = await signIn(await deploy(k1), person)

    const without = await deploy(k2)
    await world.skip(DOCUMENT_AGE)
    const client = await restore(without, old)
    const failure = await client.refresh().catch((error: unknown) => error)
    expect(failure).toMatchObject({
      name: 'SessionError',
      code: 'client_key_missing',
      field: 'keys',
      expected: expect.stringContaining('k1'),
      action: expect.stringContaining('k1'),
      handle: person.handle,
    })
    expect(without.sent).toEqual([])
    expect((await client.get(GET_SESSION)).data.did).toBe(person.did)
    expect((await restore(without, old)).session.status).toBe('active')

    const mended = await deploy(k2, k1)
    await world.skip(DOCUMENT_AGE)
    const renewed = await (await restore(mended, old)).refresh()
    expect(keysSent(mended)).toEqual({ '/oauth/token': ['k1'] })
    expect((await renewed.get(GET_SESSION)).data.did).toBe(person.did)
    expect(await mended.oauth.revoke(old.session.sessionId)).toEqual({ accepted: true })
  })

  test('[C11] a key that was not served long enough is refused at a sign-in, and harms no session', async () => {
    const [deploy, person] = [newDeployments('hasty'), await world.newPerson()]
    const [k1, k2] = [await generateKey('k1'), await generateKey('k2')]
    const old = await signIn(await deploy(k1), person)

    const hasty = await deploy(k2, k1)
    const failure = await signIn(hasty, person).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'AuthorizationError', error: 'invalid_client' })
    const renewed = await (await restore(hasty, old)).refresh()
    expect((await renewed.get(GET_SESSION)).data.did).toBe(person.did)
  })
})
