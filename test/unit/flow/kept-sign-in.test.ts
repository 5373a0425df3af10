import { memoryStorage, type Storage, type StoredValue } from 'atproof'
import { testClock } from 'atproof/testing'
import { describe, expect, test } from 'vitest'
import { DpopKey } from '../../../src/dpop/key.ts'
import { createDirectory } from '../../../src/discovery/create-directory.ts'
import { publicClient } from '../../../src/flow/client/client-authentication.ts'
import { createClientMetadata } from '../../../src/flow/client/client-metadata.ts'
import { keepSignIn, takeSignIn } from '../../../src/flow/kept-sign-in.ts'
import { LONGEST_SEALED_CONTEXT } from '../../../src/flow/limits.ts'
import { createSeal } from '../../../src/flow/seal.ts'
import { sealedSignIns } from '../../../src/flow/sealed-sign-ins.ts'
import type { Setup } from '../../../src/flow/setup.ts'
import type { SignIn } from '../../../src/flow/sign-in.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import { systemRandom } from '../../../src/http/random.ts'
import { checkedStorage } from '../../../src/storage/checked-storage.ts'
import { hashText } from '../../../src/syntax/base64url.ts'

const HOUR = 3_600_000
const STATE = 'the state of one sign-in'
const clock = testClock()
const KEY = Buffer.from(new Uint8Array(32).fill(7)).toString('base64')

function setupOver(storage: Storage = memoryStorage({ clock }), sealKeys?: readonly string[]): Setup {
  const metadata = createClientMetadata({ redirectUris: ['http://127.0.0.1/callback'], scope: 'atproto' })
  const transport = createTransport({ clock, fetch: () => Promise.reject(new Error('nobody is to be asked')) })
  return {
    metadata,
    authentication: publicClient(metadata.client_id),
    directory: createDirectory(transport, {}),
    storage: checkedStorage(storage),
    random: systemRandom,
    seal: sealKeys && sealedSignIns(createSeal(sealKeys)),
    scope: 'atproto',
    fallbackScope: undefined,
    waitUntil: undefined,
  }
}

async function aSignIn(more: Partial<SignIn> = {}): Promise<SignIn> {
  const key = await DpopKey.generate({ extractable: true })
  return {
    schema: 1,
    issuer: 'https://as.example.com',
    tokenEndpoint: 'https://as.example.com/token',
    revocationEndpoint: undefined,
    sessionId: undefined,
    did: undefined,
    handle: undefined,
    pds: undefined,
    redirectUri: 'https://app.example.com/callback',
    scope: 'atproto',
    verifier: 'a verifier',
    dpopKey: await key.toStored(),
    clientAuth: { method: 'none', clientId: 'https://app.example.com/client.json' },
    nonce: undefined,
    clockOffset: 0,
    state: 'of the app',
    expiresAt: clock.now() + HOUR,
    ...more,
  }
}

/** A storage in which something happens after what a test names was read. */
function interrupted(inner: Storage, prefix: string, act: () => Promise<unknown>): Storage {
  return {
    keepsCryptoKeys: true,
    async get(key) {
      const entry = await inner.get(key)
      if (key.startsWith(prefix)) await act()
      return entry
    },
    put: (key, value, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (from) => inner.list(from),
  }
}

async function keysOf(storage: Storage): Promise<string[]> {
  const keys: string[] = []
  for await (const key of storage.list('')) keys.push(key)
  return keys
}

describe.each<[string, readonly string[] | undefined]>([
  ['stored', undefined],
  ['sealed', [KEY]],
])('a sign-in that is %s', (_, sealKeys) => {
  test('[D5] comes back as it was, once', async () => {
    const setup = setupOver(undefined, sealKeys)
    const signIn = await aSignIn()
    const context = await keepSignIn(setup, STATE, signIn)
    const taken = await takeSignIn(setup, STATE, context)
    expect(taken).toMatchObject(JSON.parse(JSON.stringify(signIn)))
    await expect(takeSignIn(setup, STATE, context)).rejects.toMatchObject({
      code: 'state_spent',
      state: 'of the app',
    })
  })

  test('[E1] that ended says so, and is not spent by that', async () => {
    const storage = memoryStorage({ clock })
    const forgetful: Storage = {
      ...interrupted(storage, 'nothing', async () => {}),
      put: (key, value, { ifVersion }) => storage.put(key, value, { ifVersion }),
    }
    const setup = setupOver(forgetful, sealKeys)
    const context = await keepSignIn(setup, STATE, await aSignIn({ expiresAt: clock.now() }))
    await expect(takeSignIn(setup, STATE, context)).rejects.toMatchObject({
      code: 'sign_in_expired',
      state: 'of the app',
      action: 'sign in again',
    })
    expect((await keysOf(storage)).filter((key) => key.startsWith('spent/'))).toEqual([])
  })

  test('[E1] is spent under a hash of its state, and says nothing of it', async () => {
    const storage = memoryStorage({ clock })
    const setup = setupOver(storage, sealKeys)
    const context = await keepSignIn(setup, STATE, await aSignIn())
    await takeSignIn(setup, STATE, context)
    const key = `spent/${await hashText(STATE)}`
    expect(await keysOf(storage)).toEqual([key])
    expect((await storage.get(key))?.value).toEqual({ contextHash: await hashText(context), state: 'of the app' })
  })

  test('[E1] whose state was spent while it was read is not handed out', async () => {
    const storage = memoryStorage({ clock })
    const context = await keepSignIn(setupOver(storage, sealKeys), STATE, await aSignIn())
    const spend = () => storage.put(`spent/${hash}`, 'by another', { ifVersion: null })
    const hash = await hashText(STATE)
    if (sealKeys) await spend()
    const late = setupOver(interrupted(storage, 'signin/', spend), sealKeys)
    await expect(takeSignIn(late, STATE, context)).rejects.toMatchObject({
      code: 'state_spent',
      state: 'of the app',
    })
  })

  test('[E5] is nobody’s who has another context', async () => {
    const storage = memoryStorage({ clock })
    const setup = setupOver(storage, sealKeys)
    await keepSignIn(setup, STATE, await aSignIn())
    const other = await keepSignIn(setup, 'another state', await aSignIn())
    await expect(takeSignIn(setup, STATE, other)).rejects.toMatchObject({ code: 'context_mismatch' })
  })
})

describe('a stored sign-in', () => {
  test('[D5] stands under a hash of its state until it expires, with a hash of its context', async () => {
    const storage = memoryStorage({ clock })
    const signIn = await aSignIn()
    const context = await keepSignIn(setupOver(storage), STATE, signIn)
    expect(context).toMatch(/^[\w-]{43}$/)
    const key = `signin/${await hashText(STATE)}`
    expect(await keysOf(storage)).toEqual([key])
    const text = JSON.stringify((await storage.get(key))?.value)
    expect(text).toContain(await hashText(context))
    expect([context, STATE].filter((secret) => text.includes(secret))).toEqual([])
    await clock.advance(HOUR)
    expect(await keysOf(storage)).toEqual([])
  })

  test('[D3] is not put over another of the same state', async () => {
    const setup = setupOver()
    await keepSignIn(setup, STATE, await aSignIn())
    await expect(keepSignIn(setup, STATE, await aSignIn())).rejects.toMatchObject({
      name: 'StorageError',
      code: 'write_failed',
      field: 'signin',
    })
  })

  test.each<[string, StoredValue]>([
    ['nothing of use', 'junk'],
    ['a hash that is none', { contextHash: 7, state: 'of the app' }],
    ['a state that is none', { contextHash: 'x', state: 7 }],
    ['the hash of another context', { contextHash: 'x', state: 'of another' }],
  ])('[E1] [E5] that was spent brings no state back where the storage holds %s', async (_, value) => {
    const storage = memoryStorage({ clock })
    await storage.put(`spent/${await hashText(STATE)}`, value, { ifVersion: null })
    await expect(takeSignIn(setupOver(storage), STATE, 'a context')).rejects.toMatchObject({
      code: 'state_spent',
      field: 'state',
      state: undefined,
    })
  })

  test.each<[string, (value: Readonly<Record<string, StoredValue>>) => StoredValue]>([
    ['of tomorrow', (value) => ({ ...value, schema: 2 })],
    ['without its context', ({ contextHash: _hash, ...value }) => value],
    ['without a verifier', ({ verifier: _verifier, ...value }) => value],
    ['without an end', ({ expiresAt: _end, ...value }) => value],
    ['that is a text', () => 'junk'],
  ])('[E1] %s is corrupt, and nothing is spent', async (_, change) => {
    const storage = memoryStorage({ clock })
    const context = await keepSignIn(setupOver(storage), STATE, await aSignIn())
    const key = `signin/${await hashText(STATE)}`
    const entry = await storage.get(key)
    const value = entry?.value as Readonly<Record<string, StoredValue>>
    await storage.put(key, change(value), { ifVersion: entry?.version ?? null })
    await expect(takeSignIn(setupOver(storage), STATE, context)).rejects.toMatchObject({
      name: 'StorageError',
      code: 'corrupt',
      field: key,
      expected: 'a sign-in of schema 1',
    })
    expect(await keysOf(storage)).toEqual([key])
  })

  test('[D5] is no sealed one, whatever its context looks like where there are no seal keys', async () => {
    await expect(takeSignIn(setupOver(), STATE, 'a.b.c.d.e')).rejects.toMatchObject({ code: 'state_unknown' })
  })
})

describe('a sealed sign-in', () => {
  test('[D5] is as long as a cookie can be, and not one character longer', async () => {
    const setup = setupOver(undefined, [KEY])
    const failure: unknown = await keepSignIn(setup, STATE, await aSignIn({ state: 'x'.repeat(9000) })).catch(
      (error: unknown) => error,
    )
    expect(failure).toBeInstanceOf(TypeError)
    const room = Number(/at most (\d+) characters of plain ASCII/.exec(String(failure))?.[1])
    const context = await keepSignIn(setup, STATE, await aSignIn({ state: 'x'.repeat(room) }))
    expect(context.length).toBeLessThanOrEqual(LONGEST_SEALED_CONTEXT)
    expect(context.length).toBeGreaterThan(LONGEST_SEALED_CONTEXT - 5)
  })

  test('[D5] is not stored, so that nothing is left of one that nobody came back from', async () => {
    const storage = memoryStorage({ clock })
    await keepSignIn(setupOver(storage, [KEY]), STATE, await aSignIn())
    expect(await keysOf(storage)).toEqual([])
  })
})
