import { memoryStorage, StorageError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { alicesScene, consentedAlice, failureOf, keysIn, onlyEntry, refusedCallback } from '../scene.ts'
import { exchanges, sharedStorage } from './processes.ts'

describe('a storage that fails', () => {
  const broken = new Error('disk full')
  const fail = () => Promise.reject(broken)

  /** Alice has consented, and then a method of the storage fails for some keys. */
  async function failing(method: 'get' | 'put' | 'delete', prefix: string) {
    const clock = testClock()
    const inner = memoryStorage({ clock })
    const trouble = { isOn: false, strikes: (key: string) => trouble.isOn && key.startsWith(prefix) }
    const storage = sharedStorage(inner, {
      get: (key) => (method === 'get' && trouble.strikes(key) ? fail() : inner.get(key)),
      put: (key, value, options) =>
        method === 'put' && trouble.strikes(key) ? fail() : inner.put(key, value, options),
      delete: (key, options) =>
        method === 'delete' && trouble.strikes(key) ? fail() : inner.delete(key, options),
    })
    const scene = alicesScene({ network: { clock }, storage })
    const consented = await consentedAlice(scene)
    trouble.isOn = true
    return { ...scene, scene, ...consented, trouble }
  }

  test('[E1] to read the sign-in is an error, and the sign-in can go on', async () => {
    const { scene, oauth, callback, context, trouble } = await failing('get', 'signin/')
    const error = await refusedCallback(scene, { callback, context })
    expect(error).toBeInstanceOf(StorageError)
    expect(error).toMatchObject({ code: 'read_failed', cause: broken, retryable: true })
    trouble.isOn = false
    expect((await oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
  })

  test('[E1] to spend the state is an error, and the code is not sent', async () => {
    const { scene, callback, context } = await failing('put', 'spent/')
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({
      name: 'StorageError',
      code: 'write_failed',
      cause: broken,
    })
    expect(exchanges(scene)).toEqual([])
  })

  test('[E1] to delete the sign-in changes nothing: the state is spent all the same', async () => {
    const { scene, oauth, callback, context } = await failing('delete', 'signin/')
    expect((await oauth.callback(callback, { context })).client.did).toBe(scene.alice.did)
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
    expect(await failureOf(oauth.callback(callback, { context }))).toMatchObject({ code: 'state_spent' })
    expect(exchanges(scene)).toHaveLength(1)
  })

  test('[F10] to keep the session does not undo the sign-in, and it is tried again', async () => {
    const { scene, oauth, callback, context, trouble, clock, events } = await failing('put', 'session/')
    const { client } = await oauth.callback(callback, { context })
    expect(client.session).toMatchObject({ did: scene.alice.did, status: 'active', stored: false })
    expect(events).toMatchObject([
      { type: 'store_failed', did: scene.alice.did, error: { code: 'write_failed' } },
      { type: 'signed_in' },
    ])
    const { client: after } = await client.get('com.atproto.server.getSession')
    expect(after.did).toBe(scene.alice.did)
    trouble.isOn = false
    await clock.advance(1000)
    expect(events.map(({ type }) => type)).toEqual(['store_failed', 'signed_in', 'stored'])
    expect(await keysIn(scene.storage, 'session/')).toEqual([`session/${client.session.sessionId}`])
    const result = await client.get('com.atproto.server.getSession')
    expect(result.client.session.stored).toBe(true)
    expect(scene.alice.session.deleted).toBe(false)
  })

  test('[E1] to hold a sign-in of ours is an error that deletes nothing', async () => {
    const { scene, callback, context } = await failing('get', 'nothing/')
    const { version } = await onlyEntry(scene.storage, 'signin/')
    const [key = ''] = await keysIn(scene.storage)
    await scene.storage.put(key, { schema: 99 }, { ifVersion: version })
    expect(await refusedCallback(scene, { callback, context })).toMatchObject({
      name: 'StorageError',
      code: 'corrupt',
      field: key,
      expected: 'a sign-in of schema 1',
    })
    expect(await keysIn(scene.storage)).toEqual([key])
  })
})
