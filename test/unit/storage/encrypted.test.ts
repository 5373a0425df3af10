import {
  encryptedStorage,
  memoryStorage,
  OAuthClient,
  type Storage,
  StorageError,
  type StoredValue,
} from 'atproof'
import { testClock } from 'atproof/testing'
import { decodeProtectedHeader, flattenedDecrypt } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { alicesScene, keysIn, REDIRECT_URI, type Scene, SCOPE, signIn } from '../../conformance/scene.ts'

const KEY = 'session/did:plc:alice/1'
const SECRET = 'a refresh token of some length'
const RECORD = { tokens: { refreshToken: SECRET }, list: [1, null, true, -0.5], empty: {} }

function newKey(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64')
}

async function idOf(key: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(key, 'base64'))
  return Buffer.from(digest).toString('base64url').slice(0, 8)
}

function scene(keys: readonly string[] = [newKey()]) {
  const clock = testClock()
  const inner = memoryStorage({ clock })
  return { clock, inner, keys, storage: encryptedStorage(inner, keys) }
}

/** Puts a value where none stands. */
async function create(storage: Storage, key: string, value: StoredValue): Promise<string> {
  const version = await storage.put(key, value, { ifVersion: null })
  if (version === undefined) throw new Error(`${key} exists`)
  return version
}

async function valueAt(storage: Storage, key: string): Promise<StoredValue | undefined> {
  return (await storage.get(key))?.value
}

/** The members of an encrypted entry. */
async function jweAt(inner: Storage, key: string): Promise<Record<string, string>> {
  return (await valueAt(inner, key)) as Record<string, string>
}

/** Writes over whatever stands under a key. */
async function overwrite(inner: Storage, key: string, value: StoredValue): Promise<void> {
  await inner.put(key, value, { ifVersion: (await inner.get(key))?.version ?? null })
}

const corrupt = (facts: object) =>
  expect.objectContaining({ name: 'StorageError', code: 'corrupt', field: KEY, ...facts })

/** The app of a scene, as another process has it: over a storage of its own. */
function clientOver(storage: Storage, { network }: Scene): OAuthClient {
  return new OAuthClient({ ...network.clientOptions, redirectUri: REDIRECT_URI, scope: SCOPE, storage })
}

/** A storage that keeps only JSON. */
function withoutCryptoKeys(inner: Storage): Storage {
  return {
    get: (key) => inner.get(key),
    put: (key, value, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
}

afterEach(() => vi.restoreAllMocks())

test('[M6] gives back what was put, and the storage beneath shows none of it', async () => {
  const { storage, inner } = scene()
  await create(storage, KEY, RECORD)
  expect(await valueAt(storage, KEY)).toEqual(RECORD)
  const kept = JSON.stringify(await inner.get(KEY))
  expect(kept).not.toContain(SECRET)
  expect(Buffer.from((await jweAt(inner, KEY))['ciphertext'] ?? '', 'base64url').toString('latin1')).not.toContain(
    'token',
  )
})

test('[M6] keeps a JWE, which whoever has the key and the place can open without this library', async () => {
  const { storage, inner, keys } = scene()
  await create(storage, KEY, RECORD)
  const jwe = await jweAt(inner, KEY)
  expect(Object.keys(jwe).toSorted()).toEqual(['ciphertext', 'iv', 'protected', 'tag'])
  expect(decodeProtectedHeader(jwe)).toEqual({ alg: 'dir', enc: 'A256GCM', kid: await idOf(keys[0] ?? '') })
  const withPlace = {
    ...jwe,
    ciphertext: jwe['ciphertext'] ?? '',
    aad: Buffer.from(`storage:${KEY}`).toString('base64url'),
  }
  const { plaintext } = await flattenedDecrypt(withPlace, Buffer.from(keys[0] ?? '', 'base64'))
  expect(JSON.parse(new TextDecoder().decode(plaintext))).toEqual(RECORD)
})

test('[M6] encrypts the same value to another text each time', async () => {
  const { storage, inner } = scene()
  await create(storage, `${KEY}a`, RECORD)
  await create(storage, `${KEY}b`, RECORD)
  const [one, other] = [await jweAt(inner, `${KEY}a`), await jweAt(inner, `${KEY}b`)]
  expect(one['iv']).not.toBe(other['iv'])
  expect(one['ciphertext']).not.toBe(other['ciphertext'])
})

test.each([
  ['NUL and lone surrogates', 'a\u0000b\ud800c\udc00\u{1f4a9}'],
  ['64 KiB and more', 'é\u2028'.repeat(40_000)],
  ['null', null],
  ['a text', ''],
  ['a property named __proto__', JSON.parse('{"__proto__":{"isAdmin":true}}')],
])('gives %s back as it was', async (_, value) => {
  const { storage } = scene()
  await create(storage, KEY, { value })
  expect(JSON.stringify(await valueAt(storage, KEY))).toBe(JSON.stringify({ value }))
})

test.each(['session/did:web:example.com%3A443/x', 'sign in/ß\u{1f4a9}', '', 'K', 'k'])(
  'keeps an entry under the key %j',
  async (key) => {
    const { storage, inner } = scene()
    await create(storage, key, RECORD)
    expect(await valueAt(storage, key)).toEqual(RECORD)
    expect(await keysIn(inner, '')).toEqual([key])
  },
)

test('compares and sets, ages, expires, lists and deletes as the storage beneath does', async () => {
  const { storage, inner, clock } = scene()
  const first = await create(storage, KEY, 'first')
  expect(await inner.get(KEY)).toMatchObject({ version: first })
  expect(await storage.put(KEY, 'second', { ifVersion: null })).toBeUndefined()
  await clock.advance(1500)
  expect(await storage.get(KEY)).toEqual({ value: 'first', version: first, age: 1500 })
  const second = (await storage.put(KEY, 'second', { ifVersion: first })) ?? ''
  expect(await storage.put(KEY, 'third', { ifVersion: first })).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: first })).toBe(false)
  await storage.put('spent/1', 'x', { ifVersion: null, expiresAt: clock.now() + 1000 })
  expect(await keysIn(storage, 'spent/')).toEqual(['spent/1'])
  await clock.advance(1000)
  expect(await keysIn(storage, '')).toEqual([KEY])
  expect(await storage.get('spent/1')).toBeUndefined()
  expect(await storage.delete(KEY, { ifVersion: second })).toBe(true)
  expect(await storage.get(KEY)).toBeUndefined()
})

test('lets one of 50 puts at once win', async () => {
  const { storage } = scene()
  const writing = Array.from({ length: 50 }, (_, at) => storage.put(KEY, at, { ifVersion: null }))
  const versions = await Promise.all(writing)
  const winners = versions.flatMap((version, at) => (version === undefined ? [] : [{ version, value: at }]))
  expect(winners).toHaveLength(1)
  expect(await storage.get(KEY)).toMatchObject(winners[0] ?? {})
})

test('keeps the value as it was when put was called', async () => {
  const { storage } = scene()
  const value = { name: 'before' }
  const putting = storage.put(KEY, value, { ifVersion: null })
  value.name = 'after'
  await putting
  expect(await valueAt(storage, KEY)).toEqual({ name: 'before' })
})

test('keeps no CryptoKeys, although the storage beneath does', async () => {
  const { storage, inner } = scene()
  expect(inner.keepsCryptoKeys).toBe(true)
  expect(storage.keepsCryptoKeys).toBeUndefined()
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  await expect(storage.put(KEY, { key: privateKey }, { ifVersion: null })).rejects.toThrow(
    new TypeError('value.key: expected plain JSON, found an object'),
  )
  expect(await inner.get(KEY)).toBeUndefined()
})

test('[M6] opens no entry that was moved to another key, and leaves it there', async () => {
  const { storage, inner } = scene()
  await create(storage, 'session/did:plc:mallory/1', RECORD)
  const moved = await jweAt(inner, 'session/did:plc:mallory/1')
  await create(inner, KEY, moved)
  await expect(storage.get(KEY)).rejects.toEqual(
    corrupt({ expected: 'what was encrypted for this entry, unchanged' }),
  )
  expect(await valueAt(inner, KEY)).toEqual(moved)
  // Nor where it brings along what it was bound to.
  const aad = Buffer.from('storage:session/did:plc:mallory/1').toString('base64url')
  await overwrite(inner, KEY, { ...moved, aad })
  await expect(storage.get(KEY)).rejects.toEqual(corrupt({}))
})

test.each(['iv', 'ciphertext', 'tag'])('[M6] opens no entry whose %s was changed', async (member) => {
  const { storage, inner } = scene()
  await create(storage, KEY, RECORD)
  const jwe = await jweAt(inner, KEY)
  const bytes = Buffer.from(jwe[member] ?? '', 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  await overwrite(inner, KEY, { ...jwe, [member]: bytes.toString('base64url') })
  await expect(storage.get(KEY)).rejects.toEqual(corrupt({}))
  expect(await inner.get(KEY)).toBeDefined()
})

test.each([
  ['without its tag', { tag: undefined }, 'a whole JWE'],
  ['with a number in it', { iv: 7 }, 'a whole JWE'],
  ['cut off', { ciphertext: '' }, 'what was encrypted for this entry, unchanged'],
  ['with a tag of another length', { tag: 'AAAA' }, 'what was encrypted for this entry, unchanged'],
  ['with an iv that is no base64', { iv: '!' }, 'what was encrypted for this entry, unchanged'],
  ['with a header that is none', { protected: '!' }, 'what was encrypted for this entry, unchanged'],
  ['with a header without a key id', { protected: 'e30' }, 'what was encrypted for this entry, unchanged'],
  ['with a header of null', { protected: 'bnVsbA' }, 'what was encrypted for this entry, unchanged'],
])('names an entry %s, and its neighbour opens', async (_, change, expected) => {
  const { storage, inner } = scene()
  await create(storage, KEY, RECORD)
  await create(storage, `${KEY}b`, RECORD)
  await overwrite(inner, KEY, { ...(await jweAt(inner, KEY)), ...change })
  await expect(storage.get(KEY)).rejects.toEqual(corrupt({ expected }))
  expect(await valueAt(storage, `${KEY}b`)).toEqual(RECORD)
})

test('opens nothing that was encrypted in another way, with the key itself', async () => {
  const { storage, inner, keys } = scene()
  const { FlattenedEncrypt } = await import('jose')
  const header = { alg: 'A256KW', enc: 'A256GCM', kid: await idOf(keys[0] ?? '') }
  const jwe = new FlattenedEncrypt(new TextEncoder().encode('"x"'))
    .setProtectedHeader(header)
    .setAdditionalAuthenticatedData(new TextEncoder().encode(`storage:${KEY}`))
  const {
    ciphertext,
    iv = '',
    tag = '',
    protected: text = '',
  } = await jwe.encrypt(Buffer.from(keys[0] ?? '', 'base64'))
  await create(inner, KEY, { ciphertext, iv, tag, protected: text })
  await expect(storage.get(KEY)).rejects.toEqual(corrupt({}))
})

test('says nothing of what is no JSON', async () => {
  const { storage, inner, keys } = scene()
  const { FlattenedEncrypt } = await import('jose')
  const jwe = new FlattenedEncrypt(new TextEncoder().encode(SECRET))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: await idOf(keys[0] ?? '') })
    .setAdditionalAuthenticatedData(new TextEncoder().encode(`storage:${KEY}`))
  const {
    ciphertext,
    iv = '',
    tag = '',
    protected: text = '',
  } = await jwe.encrypt(Buffer.from(keys[0] ?? '', 'base64'))
  await create(inner, KEY, { ciphertext, iv, tag, protected: text })
  const failure: unknown = await storage.get(KEY).catch((error: unknown) => error)
  expect(failure).toEqual(corrupt({ expected: 'an entry of JSON' }))
  expect(failure).not.toHaveProperty('cause')
  expect(String(failure)).not.toContain(SECRET)
})

test('writes with the newest key, and reads with every one', async () => {
  const [old, middle, newest] = [newKey(), newKey(), newKey()]
  const { inner } = scene()
  await create(encryptedStorage(inner, [old]), `${KEY}1`, 'o')
  await create(encryptedStorage(inner, [middle, old]), `${KEY}2`, 'm')
  const rotated = encryptedStorage(inner, [newest, middle, old])
  await create(rotated, `${KEY}3`, 'n')
  for (const [at, value] of ['o', 'm', 'n'].entries())
    expect(await valueAt(rotated, `${KEY}${at + 1}`)).toBe(value)
  for (const [at, key] of [old, middle, newest].entries()) {
    expect(decodeProtectedHeader(await jweAt(inner, `${KEY}${at + 1}`))).toMatchObject({ kid: await idOf(key) })
  }
})

test('encrypts an entry with the newest key when it is next written', async () => {
  const [old, newest] = [newKey(), newKey()]
  const { inner } = scene()
  const version = await create(encryptedStorage(inner, [old]), KEY, 'before')
  await encryptedStorage(inner, [newest, old]).put(KEY, 'after', { ifVersion: version })
  expect(await valueAt(encryptedStorage(inner, [newest]), KEY)).toBe('after')
})

test('[M5] says which key an entry takes that no key opens, and what to do; and leaves it there', async () => {
  const [lost, left] = [newKey(), newKey()]
  const { inner } = scene()
  await create(encryptedStorage(inner, [lost]), KEY, RECORD)
  const storage = encryptedStorage(inner, [left])
  const id = await idOf(lost)
  const failure: unknown = await storage.get(KEY).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(StorageError)
  expect(failure).toEqual(
    corrupt({
      retryable: false,
      found: `the key id ${id}`,
      action: `add the key whose id is ${id} back to \`keys\`, after the newest`,
    }),
  )
  expect(String(failure)).toContain(id)
  for (const key of [lost, left]) expect(JSON.stringify(failure) + String(failure)).not.toContain(key.slice(0, 20))
  expect(await valueAt(encryptedStorage(inner, [left, lost]), KEY)).toEqual(RECORD)
})

test('reads no entry that stood there unencrypted, and names the option that does', async () => {
  const { storage, inner } = scene()
  await create(inner, KEY, RECORD)
  await expect(storage.get(KEY)).rejects.toEqual(
    corrupt({
      expected: 'an encrypted entry',
      found: 'one that is not',
      action: 'set `allowUnencrypted`, where it was stored before encryption was switched on',
    }),
  )
  expect(await valueAt(inner, KEY)).toEqual(RECORD)
})

test('with `allowUnencrypted` reads an entry that stood there, and encrypts it when it is next written', async () => {
  const { inner, keys, storage } = scene()
  const version = await create(inner, KEY, RECORD)
  const lenient = encryptedStorage(inner, keys, { allowUnencrypted: true })
  expect(await lenient.get(KEY)).toEqual({ value: RECORD, version, age: 0 })
  await lenient.put(KEY, { ...RECORD, next: true }, { ifVersion: version })
  expect(JSON.stringify(await inner.get(KEY))).not.toContain(SECRET)
  expect(await valueAt(storage, KEY)).toEqual({ ...RECORD, next: true })
})

test('with `allowUnencrypted` lets no CryptoKey through, which could never be written again', async () => {
  const { inner, keys } = scene()
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  await create(inner, KEY, { dpopKey: { key: privateKey } })
  const lenient = encryptedStorage(inner, keys, { allowUnencrypted: true })
  await expect(lenient.get(KEY)).rejects.toEqual(
    corrupt({ expected: 'plain JSON: a CryptoKey cannot be encrypted' }),
  )
})

test('with `allowUnencrypted` a half of an encrypted entry is not taken for one that never was', async () => {
  const { inner, keys, storage } = scene()
  await create(storage, KEY, RECORD)
  const { ciphertext = '' } = await jweAt(inner, KEY)
  await overwrite(inner, KEY, { ciphertext })
  const lenient = encryptedStorage(inner, keys, { allowUnencrypted: true })
  await expect(lenient.get(KEY)).rejects.toEqual(corrupt({ expected: 'a whole JWE' }))
})

test.each([
  ['a text', 'a JWE'],
  ['null', null],
  ['a list', []],
  ['undefined', undefined],
  ['a Map', new Map([['ciphertext', 'x']])],
])('names an entry for which the storage beneath gives %s', async (_, value) => {
  const { inner, keys } = scene()
  // What no engine may give, as plain JavaScript can.
  vi.spyOn(inner, 'get').mockResolvedValue({ value: value as StoredValue, version: '1', age: 0 })
  await expect(encryptedStorage(inner, keys).get(KEY)).rejects.toEqual(corrupt({ expected: 'an encrypted entry' }))
})

test('hands failures of the storage beneath on as they came', async () => {
  const { inner, storage } = scene()
  const failure = new Error('the disk is full')
  for (const method of ['get', 'put', 'delete'] as const) vi.spyOn(inner, method).mockRejectedValue(failure)
  await expect(storage.get(KEY)).rejects.toBe(failure)
  await expect(storage.put(KEY, 'x', { ifVersion: null })).rejects.toBe(failure)
  await expect(storage.delete(KEY, { ifVersion: '1' })).rejects.toBe(failure)
})

test('hands on what is no matter of the entry: WebCrypto that fails', async () => {
  const { inner, keys, storage } = scene()
  await create(storage, KEY, RECORD)
  const broken = new Error('no entropy')
  vi.spyOn(crypto.subtle, 'importKey').mockRejectedValueOnce(broken)
  const later = encryptedStorage(inner, keys)
  await expect(later.get(KEY)).rejects.toBe(broken)
  // And for once only.
  expect(await valueAt(later, KEY)).toEqual(RECORD)
})

test('imports each key once, and none before it is used', async () => {
  const importKey = vi.spyOn(crypto.subtle, 'importKey')
  const { storage } = scene([newKey(), newKey()])
  expect(importKey).not.toHaveBeenCalled()
  await create(storage, KEY, RECORD)
  for (let round = 0; round < 5; round += 1) {
    const entry = await storage.get(KEY)
    await storage.put(KEY, round, { ifVersion: entry?.version ?? '' })
  }
  expect(importKey).toHaveBeenCalledOnce()
})

const WANTED = '32 random bytes as base64, as `openssl rand -base64 32` makes them'

test.each([
  [['a secret of 21 letters'], `keys[0]: expected ${WANTED}, found "22 characters"`],
  [[newKey(), `${newKey()}=`], `keys[1]: expected ${WANTED}, found "45 characters"`],
  [[`!${newKey().slice(1)}`], `keys[0]: expected ${WANTED}, found "44 characters"`],
  [[undefined], `keys[0]: expected ${WANTED}, found "undefined"`],
  [[], 'keys: expected at least one secret, found an array of 0'],
  [newKey(), 'keys: expected an array of strings, even for one, found "string"'],
])('[M5] refuses keys that are none, by name and without showing them (%#)', (keys, message) => {
  // As plain JavaScript can pass them.
  const given = keys as readonly string[]
  expect(() => encryptedStorage(memoryStorage(), given)).toThrow(new TypeError(message))
})

test.each([undefined, null, {}, 'memory'])('refuses %j as the storage beneath', (inner) => {
  expect(() => encryptedStorage(inner as unknown as Storage, [newKey()])).toThrow(
    /^inner: expected an object with get, put, delete, list/,
  )
})

test('[M5] shows no key of its own', async () => {
  const { inspect } = await import('node:util')
  const { storage, keys } = scene()
  await create(storage, KEY, RECORD)
  const shown = inspect(storage, { depth: 9, showHidden: true }) + JSON.stringify(storage)
  expect(shown).not.toContain((keys[0] ?? '').slice(0, 20))
  expect(shown).not.toMatch(/Uint8Array|CryptoKey/)
})

test('[M6] a session over it signs in, refreshes and comes back, and only the key opens its record', async () => {
  const { storage, inner, keys, clock } = scene()
  const alice = alicesScene({ network: { clock }, storage })
  const { session } = await signIn(alice).then((client) => client.refresh())
  const key = `session/${session.sessionId}`
  expect(JSON.stringify(await inner.get(key))).not.toMatch(/"tokens|"refreshToken|"kty"/)
  const client = await clientOver(encryptedStorage(inner, keys), alice).restore(session.sessionId)
  expect(client?.session).toMatchObject({ ...session, status: 'active', stored: true })
  const keyless = clientOver(encryptedStorage(inner, [newKey()]), alice)
  await expect(keyless.restore(session.sessionId)).rejects.toMatchObject({ code: 'corrupt', field: key })
  expect(await inner.get(key)).toBeDefined()
})

test('[M6] an app that switches encryption on signs nobody out: sessions are encrypted as they refresh', async () => {
  const { storage, inner, keys, clock } = scene()
  const alice = alicesScene({ network: { clock }, storage: withoutCryptoKeys(inner) })
  const { sessionId } = (await signIn(alice)).session
  const key = `session/${sessionId}`
  expect(JSON.stringify(await inner.get(key))).toContain('refreshToken')
  const lenient = encryptedStorage(inner, keys, { allowUnencrypted: true })
  const client = await clientOver(lenient, alice).restore(sessionId)
  await client?.refresh()
  expect(JSON.stringify(await inner.get(key))).not.toContain('refreshToken')
  expect(await valueAt(storage, key)).toMatchObject({ sessionId, gen: 2, status: 'active' })
})
