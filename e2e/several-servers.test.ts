import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AddedPds } from './network/commands.ts'
import { type App, openApp, signIn } from './scene.ts'
import { APP_WORLDS, type World } from './world.ts'

const GET_SESSION = 'com.atproto.server.getSession'
/** An account's issuer is asked for once in this time. */
const ISSUER_CHECK = 10 * 60_000

/** The origins that a client proved its key to: where it got tokens, and where it used them. */
function placesOf({ sent }: App): { tokens: string[]; calls: string[] } {
  const originsOf = (prefix: string) => [
    ...new Set(sent.filter(({ proof, path }) => proof && path.startsWith(prefix)).map(({ origin }) => origin)),
  ]
  return { tokens: originsOf('/oauth/'), calls: originsOf('/xrpc/') }
}

/** Handles are found by DNS: as a name of one's own, they stay when the account moves. */
async function signedIn(world: World) {
  const person = await world.newPerson()
  const { handleResolver: _none, ...clientOptions } = world.clientOptions
  const app = openApp(
    { ...world, clientOptions },
    {
      clock: world.newClock(),
      resolveTxt: async (name) => (name === `_atproto.${person.handle}` ? [[`did=${person.did}`]] : []),
    },
  )
  const client = await signIn(app, person)
  await client.get(GET_SESSION)
  expect(placesOf(app)).toEqual({ tokens: [world.issuer], calls: [world.pds] })
  app.sent.length = 0
  return { person, app, client }
}

describe.each(APP_WORLDS)('on %s', (_, open) => {
  let world: World
  /** A PDS whose tokens come from the first one's authorization server. */
  let behind: AddedPds
  /** A PDS with an authorization server of its own. */
  let elsewhere: AddedPds
  beforeAll(async () => {
    world = await open()
    behind = await world.addPds({ issuer: 'shared' })
    elsewhere = await world.addPds({ issuer: 'own' })
  })
  afterAll(() => world.close())

  describe('an account behind an entryway', () => {
    test.each([
      ['[B10] from its handle', (person: { handle: string }) => person.handle],
      ['[B10] [B11] [F8] from the URL of its PDS', () => behind.pds],
    ])('%s: tokens come from the issuer, calls go to the PDS', async (_from, identifierOf) => {
      const [person, app] = [await world.newPerson({ pds: behind.pds }), openApp(world)]
      const client = await signIn(app, person, identifierOf(person))
      expect(client.session).toMatchObject({
        did: person.did,
        handle: person.handle,
        pds: behind.pds,
        issuer: world.issuer,
      })
      expect((await client.get(GET_SESSION)).data.did).toBe(person.did)
      const renewed = await client.refresh()
      expect((await renewed.get(GET_SESSION)).data.did).toBe(person.did)
      expect(await app.oauth.revoke(client.session.sessionId)).toEqual({ accepted: true })
      expect(placesOf(app)).toEqual({ tokens: [world.issuer], calls: [behind.pds] })
    })

    test('[B10] [B11] [F8] from the URL of an authorization server that is no PDS itself', async () => {
      const [person, app] = [await world.newPerson({ pds: behind.pds }), openApp(world)]
      await world.fail({ path: '/.well-known/oauth-protected-resource', kind: 'status', status: 404 })
      const { url, context } = await app.oauth.authorize(world.issuer)
      expect(app.sent.filter(({ status }) => status === 404).map(({ origin, path }) => [origin, path])).toEqual([
        [world.issuer, '/.well-known/oauth-protected-resource'],
      ])
      const { client } = await app.oauth.callback(await person.approve(url), { context })
      expect(client.session).toMatchObject({ did: person.did, pds: behind.pds, issuer: world.issuer })
      await client.get(GET_SESSION)
      expect(placesOf(app)).toEqual({ tokens: [world.issuer], calls: [behind.pds] })
    })

    test('[F8] [M2] an account of another issuer is refused there, and gets no session', async () => {
      const [person, app] = [await world.newPerson(), openApp(world)]
      await world.move(person, behind.pds)
      const { url, context } = await app.oauth.authorize(behind.pds)
      const callback = await person.approve(url)
      await world.move(person, elsewhere.pds)
      const failure = await app.oauth.callback(callback, { context }).catch((error: unknown) => error)
      expect(failure).toMatchObject({ expected: world.issuer, found: elsewhere.issuer })
      expect(await app.oauth.latest(person.did)).toBeUndefined()
    })
  })

  describe('an account that moves', () => {
    test('[H8] [R11] to another PDS of its issuer is followed, with the session that it has', async () => {
      const { person, app, client } = await signedIn(world)
      await world.move(person, behind.pds)
      await client.get(GET_SESSION)
      expect((await client.refresh()).session.pds).toBe(world.pds)
      expect(placesOf(app).calls).toEqual([world.pds])
      app.sent.length = 0

      await world.skip(ISSUER_CHECK)
      const renewed = await client.refresh()
      expect(renewed.session).toMatchObject({
        sessionId: client.session.sessionId,
        pds: behind.pds,
        issuer: world.issuer,
        status: 'active',
      })
      expect((await renewed.get(GET_SESSION)).data.did).toBe(person.did)
      // The client from before the move is not lost either.
      await client.get(GET_SESSION)
      expect(placesOf(app)).toEqual({ tokens: [world.issuer], calls: [behind.pds] })
      const restored = await app.oauth.restore(client.session.sessionId)
      expect(restored?.session.pds).toBe(behind.pds)
    })

    test('[H8] [R11] to another issuer is named, and signing in by the handle leads there', async () => {
      const { person, app, client } = await signedIn(world)
      await client.post('com.atproto.repo.createRecord', {
        input: { repo: client.did, collection: 'com.example.note', record: { text: 'before the move' } },
      })
      await world.move(person, elsewhere.pds)
      app.sent.length = 0

      await world.skip(ISSUER_CHECK)
      const failure = await client.refresh().catch((error: unknown) => error)
      expect(failure).toMatchObject({
        name: 'SessionError',
        code: 'needs_reauth',
        reason: 'account_moved',
        handle: person.handle,
        did: person.did,
      })
      expect(placesOf(app)).toEqual({ tokens: [], calls: [] })
      const ended = await app.oauth.restore(client.session.sessionId)
      expect(ended?.session).toMatchObject({
        status: 'needs_reauth',
        reason: 'account_moved',
        handle: person.handle,
      })

      app.sent.length = 0
      const again = await signIn(app, person)
      expect(again.session).toMatchObject({
        did: person.did,
        handle: person.handle,
        pds: elsewhere.pds,
        issuer: elsewhere.issuer,
        status: 'active',
      })
      const { data } = await again.get('com.atproto.repo.listRecords', {
        params: { repo: again.did, collection: 'com.example.note' },
      })
      expect(data.records.map(({ value }) => value)).toMatchObject([{ text: 'before the move' }])
      expect(placesOf(app)).toEqual({ tokens: [elsewhere.issuer], calls: [elsewhere.pds] })
    })
  })
})
