import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openApp, sameStorage, signIn } from './scene.ts'
import { callWithToken, readSecrets } from './stored-session.ts'
import { APP_WORLDS, type World } from './world.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const MINUTE = 60_000

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())

  async function signedIn() {
    const work: Promise<unknown>[] = []
    const waitUntil = (promise: Promise<unknown>) => void work.push(promise)
    const [person, app] = [await world.newPerson(), openApp(world, { waitUntil })]
    const client = await signIn(app, person)
    const { sessionId } = client.session
    const again = async () => {
      const { url, context } = await app.oauth.authorize(client)
      return (await app.oauth.callback(await person.approve(url), { context })).client
    }
    return { person, ...app, client, sessionId, again, settled: () => Promise.all(work) }
  }

  test('leads a session that was revoked back into its id, and on', async () => {
    const { client, person, again, sessionId, oauth } = await signedIn()
    await world.revokeSessions(person.did)
    const failure = await client.get(GET_SESSION).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'needs_reauth', reason: 'revoked' })
    expect((await again()).session).toMatchObject({ sessionId, status: 'active', handle: person.handle })
    expect((await client.get(GET_SESSION)).data.did).toBe(person.did)
    expect((await (await client.refresh()).get(GET_SESSION)).status).toBe(200)
    expect(await oauth.revoke(sessionId)).toEqual({ accepted: true })
  })

  test('[R2] [R6] ends the old tokens of a session that goes on, in other processes too', async () => {
    const { again, sessionId, storage, settled } = await signedIn()
    const other = await openApp(world, { storage: sameStorage(storage) }).oauth.restore(sessionId)
    await other?.get(GET_SESSION)
    const old = await readSecrets(storage, sessionId)
    await again()
    await settled()
    const plain = { send: world.fetch, now: world.now() }
    expect((await callWithToken(old, plain)).status).toBe(401)
    expect((await callWithToken(await readSecrets(storage, sessionId), plain)).status).toBe(200)
    expect((await other?.get(GET_SESSION))?.status).toBe(200)
  })

  test('[R11] [H8] is the way back for an account that has moved to another issuer', async () => {
    const { pds } = await world.addPds({ issuer: 'own' })
    const { client, person, again, sessionId } = await signedIn()
    await world.move(person, pds)
    await world.skip(11 * MINUTE)
    const failure = await client.refresh().catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'needs_reauth', reason: 'account_moved' })
    expect((await again()).session).toMatchObject({ sessionId, status: 'active', pds, issuer: pds })
    expect((await client.get(GET_SESSION)).data.did).toBe(person.did)
  })
})
