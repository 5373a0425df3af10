import { memoryStorage } from 'atproof'
import { describe, expect, test } from 'vitest'
import { sessionKey, type SessionRecord } from '../../../src/session/record.ts'
import { failureOf, keysIn, privateKey, signIn } from '../scene.ts'
import { GET_SESSION, HOUR } from '../refresh/scene.ts'
import { WatchedStorage } from '../refresh/watched-storage.ts'
import { sharedStorage } from '../sign-in/processes.ts'
import { foreignAlice, type ForeignScene } from './foreign.ts'

/** An empty storage, and our app over it. */
function takingOver({ clock, deploy }: ForeignScene, change?: Parameters<ForeignScene['deploy']>[1]) {
  const storage = new WatchedStorage(memoryStorage({ clock }))
  return { storage, oauth: deploy(storage, change) }
}

describe.each([['atproto'], ['atcute']] as const)('a stored session of %s', (library) => {
  test('goes on: it calls, refreshes, comes back after a restart, and signs out', async () => {
    const scene = await foreignAlice()
    const { [library]: stored, alice, network, clock, deploy } = scene
    const { oauth, storage } = takingOver(scene)
    const client = await oauth.importSession(JSON.parse(JSON.stringify(stored)))
    expect(client.session).toMatchObject({
      did: alice.did,
      handle: alice.handle,
      issuer: 'https://pds.example.com',
      pds: 'https://pds.example.com',
      scope: 'atproto transition:generic',
      status: 'active',
      createdAt: undefined,
      endsAt: undefined,
      stored: true,
    })
    expect((await client.get(GET_SESSION)).data.did).toBe(alice.did)
    expect(scene.tokenRequests()).toEqual([])
    await clock.advance(2 * HOUR)
    expect((await client.get(GET_SESSION)).status).toBe(200)
    expect(scene.tokenRequests().map(({ status }) => status)).toEqual([200])
    const again = deploy(memoryStorage({ clock }))
    expect(await again.restore(client.session.sessionId)).toBeUndefined()
    const restarted = await deploy(sharedStorage(storage)).restore(client.session.sessionId)
    expect((await restarted?.get(GET_SESSION))?.status).toBe(200)
    expect(await oauth.revoke(client.session.sessionId)).toEqual({ accepted: true })
    expect(network.log.last?.form?.get('token')).toBe(alice.session.refreshToken)
  })

  test('costs one lookup of the account, and nothing more where it is imported again', async () => {
    const scene = await foreignAlice()
    const { [library]: stored, network } = scene
    const { oauth, storage } = takingOver(scene)
    const first = await oauth.importSession(stored)
    expect(network.log.entries.map(({ path }) => path).toSorted()).toEqual(
      [
        `/${scene.alice.did}`,
        '/.well-known/oauth-protected-resource',
        '/.well-known/oauth-authorization-server',
        '/.well-known/atproto-did',
        '_atproto.alice.example.com',
      ].toSorted(),
    )
    expect([storage.gets, storage.puts.length]).toEqual([1, 1])
    network.log.clear()
    await first.refresh()
    network.log.clear()
    const again = await oauth.importSession(stored)
    expect(network.log.entries).toEqual([])
    expect(again.session.sessionId).toBe(first.session.sessionId)
    expect((await again.get(GET_SESSION)).status).toBe(200)
    expect(await keysIn(storage)).toEqual([sessionKey(first.session.sessionId)])
  })

  test('[C11] [H3] keeps its client key, with the algorithm and thumbprint of ours of that name', async () => {
    const key = await privateKey('k1')
    const scene = await foreignAlice(key)
    const { [library]: stored, network } = scene
    const { oauth, storage } = takingOver(scene, { keys: [await privateKey('k2'), key] })
    const client = await oauth.importSession(stored)
    const { value } = (await storage.get(sessionKey(client.session.sessionId))) ?? {}
    const { clientAuth } = value as SessionRecord
    expect(clientAuth).toEqual((await scene.record()).clientAuth)
    await client.refresh()
    expect(network.log.to('/oauth/token').at(-1)?.assertion?.header).toMatchObject({ kid: 'k1', alg: 'ES256' })
  })

  test('[R10] is refused where its client key is missing, before anything is looked up or stored', async () => {
    const scene = await foreignAlice(await privateKey('k1'))
    const { [library]: stored, network } = scene
    const { oauth, storage } = takingOver(scene, { keys: [await privateKey('k2')] })
    expect(await failureOf(oauth.importSession(stored))).toMatchObject({
      name: 'SessionError',
      code: 'client_key_missing',
      field: 'keys',
      expected: 'the key k1 that the session is bound to',
      action: 'add the key k1 to `keys`',
    })
    expect(network.log.entries).toEqual([])
    expect(await keysIn(storage)).toEqual([])
  })

  test('[R10] is refused where a public client signed in and this one is confidential', async () => {
    const scene = await foreignAlice()
    const keys = [await privateKey('k1')]
    const confidential = {
      clientId: 'https://app.example.com/id.json',
      redirectUri: 'https://app.example.com/cb',
      keys,
    }
    const { oauth, storage } = takingOver(scene, confidential)
    const failure = await failureOf(oauth.importSession(scene[library]))
    expect(failure).toMatchObject({
      code: 'client_key_missing',
      expected: expect.stringContaining('public client'),
    })
    expect(await keysIn(storage)).toEqual([])
  })

  test('[H8] is refused where another issuer guards the account by now, and nothing is stored', async () => {
    const scene = await foreignAlice()
    const { [library]: stored, network, alice } = scene
    const home = 'https://new-home.example.com'
    network.addPds(home, { issuer: home })
    alice.moveTo(home)
    const { oauth, storage } = takingOver(scene)
    expect(await failureOf(oauth.importSession(stored))).toMatchObject({
      code: 'account_issuer_mismatch',
      expected: 'https://pds.example.com',
      found: home,
      action: 'sign in again',
    })
    expect(await keysIn(storage)).toEqual([])
  })

  test('takes the PDS from the DID document, whatever the other library noted', async () => {
    const scene = await foreignAlice()
    const { [library]: stored } = scene
    const tokenSet = { ...stored.tokenSet, aud: 'https://evil.example.com' }
    const client = await takingOver(scene).oauth.importSession({ ...stored, tokenSet } as typeof stored)
    expect(client.session.pds).toBe('https://pds.example.com')
  })

  test('does not come back once it was signed out here', async () => {
    const scene = await foreignAlice()
    const { oauth } = takingOver(scene)
    const { sessionId } = (await oauth.importSession(scene[library])).session
    await oauth.revoke(sessionId)
    expect(await failureOf(oauth.importSession(scene[library]))).toMatchObject({ code: 'signed_out', sessionId })
  })

  test('is older than any session that began here', async () => {
    const scene = await foreignAlice()
    const { oauth, storage } = takingOver(scene)
    const own = await signIn({ ...scene, oauth, storage })
    await oauth.importSession(scene[library])
    expect((await oauth.latest(scene.alice.did))?.session.sessionId).toBe(own.session.sessionId)
  })
})

test('gives both shapes of one session one id, which nobody can tell who only knows the public key', async () => {
  const scene = await foreignAlice()
  const { oauth } = takingOver(scene)
  const one = await oauth.importSession(scene.atproto)
  const other = await oauth.importSession(scene.atcute)
  expect(other.session.sessionId).toBe(one.session.sessionId)
  expect(one.session.sessionId).not.toContain(scene.alice.session.thumbprint)
})

test('looks nothing up once its caller has given up', async () => {
  const scene = await foreignAlice()
  const { oauth, storage } = takingOver(scene)
  const signal = AbortSignal.abort(new Error('enough'))
  await expect(oauth.importSession(scene.atcute, { signal })).rejects.toThrow('enough')
  expect(scene.network.log.entries).toEqual([])
  expect(await keysIn(storage)).toEqual([])
})
