import { afterEach, expect, test, vi } from 'vitest'
import { memoryStorage, OAuthClient, type Storage } from 'atproof'
import { fakeNetwork } from 'atproof/testing'
import type { SessionRecord } from '../../../src/session/record.ts'
import { CountedStorage } from '../../conformance/costs/counted-storage.ts'
import { failureOf, REDIRECT_URI, SCOPE } from '../../conformance/scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'
/** How many sessions are kept with their keys. */
const KEPT = 1000

afterEach(() => vi.restoreAllMocks())

/** Alice's session in a storage of plain JSON, and as many copies of it as anybody asks for. */
async function scene() {
  const network = fakeNetwork()
  const inner = memoryStorage({ clock: network.clock })
  const json: Storage = {
    get: (key) => inner.get(key),
    put: (key, value, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
  const clientOver = (storage: Storage) =>
    new OAuthClient({ ...network.clientOptions, redirectUri: REDIRECT_URI, scope: SCOPE, storage })
  const { session } = await network.signIn('alice.test', { oauth: clientOver(json) })
  const record = (await inner.get(`session/${session.sessionId}`))?.value as SessionRecord
  const storage = new CountedStorage(json, network.clock)
  const oauth = clientOver(storage)
  network.log.clear()
  const restore = async (sessionId: string) => {
    const client = await oauth.restore(sessionId)
    if (client) return client
    throw new Error('the session did not come back')
  }
  return {
    network,
    storage,
    client: await restore(session.sessionId),
    imports: vi.spyOn(crypto.subtle, 'importKey'),
    async restoreOthers(count: number, from = 0) {
      for (let number = from; number < count; number++) {
        const sessionId = `${record.did}/other-${number}`
        await inner.put(`session/${sessionId}`, { ...record, sessionId }, { ifVersion: null })
        await restore(sessionId)
      }
    },
    /** Signs one of them out. No server hears of it, to which all of them are one session. */
    async endOther(number: number, { isElsewhere }: { readonly isElsewhere: boolean }) {
      const sessionId = `${record.did}/other-${number}`
      const other = await restore(sessionId)
      network.fault({ path: '/oauth/revoke', status: 500 })
      const oauthThere = isElsewhere ? clientOver(new CountedStorage(json, network.clock)) : oauth
      await oauthThere.revoke(sessionId)
      if (isElsewhere) await oauth.restore(sessionId)
      return other
    },
  }
}

test('imports a key at first use, once for all who use it at the same time', async () => {
  const { client, imports } = await scene()
  expect(imports).not.toHaveBeenCalled()
  await Promise.all([client.get(GET_SESSION), client.get(GET_SESSION), client.get(GET_SESSION)])
  await client.get(GET_SESSION)
  expect(imports.mock.calls.filter(([, key]) => 'd' in key)).toHaveLength(1)
})

test('lets the key go that was used least recently, and a warm call still takes one request', async () => {
  const { client, imports, network, storage, restoreOthers } = await scene()
  await client.get(GET_SESSION)
  await restoreOthers(KEPT)
  imports.mockClear()
  storage.reset()
  network.log.clear()
  await client.get(GET_SESSION)
  expect(imports.mock.calls.filter(([, key]) => 'd' in key)).toHaveLength(1)
  expect(network.log.length).toBe(1)
  expect(storage.accesses).toEqual({ gets: 0, puts: 0, deletes: 0, lists: 0 })
})

test('keeps the key of a session that is used', async () => {
  const { client, imports, restoreOthers } = await scene()
  await client.get(GET_SESSION)
  await restoreOthers(KEPT - 1)
  await client.get(GET_SESSION)
  await restoreOthers(2 * (KEPT - 1), KEPT - 1)
  imports.mockClear()
  await client.get(GET_SESSION)
  expect(imports.mock.calls.filter(([, key]) => 'd' in key)).toEqual([])
})

test.each([
  ['here', { isElsewhere: false }],
  ['by another process', { isElsewhere: true }],
])('keeps no session that was signed out %s: its place is for another', async (_, { isElsewhere }) => {
  const { client, imports, restoreOthers, endOther } = await scene()
  await client.get(GET_SESSION)
  await restoreOthers(KEPT - 1)
  const gone = await endOther(KEPT - 2, { isElsewhere })
  await failureOf(gone.get(GET_SESSION)) // a client that somebody still has
  await restoreOthers(KEPT, KEPT - 1)
  imports.mockClear()
  await client.get(GET_SESSION)
  expect(imports.mock.calls.filter(([, key]) => 'd' in key)).toEqual([])
})
