import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose'
import { expect, test } from 'vitest'
import { createSeal } from '../../../src/flow/seal.ts'

function newKey(encoding: 'base64' | 'base64url' = 'base64'): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString(encoding)
}

test('[D5] opens what it sealed, and shows nothing of it meanwhile', async () => {
  const seal = createSeal([newKey()])
  const value = { verifier: 'secret-verifier', list: [1, null, true], text: 'ä€😀' }
  const text = await seal.seal(value)
  expect(text).toMatch(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)
  expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('secret')
  expect(await seal.open(text)).toEqual(value)
})

test('[D5] seals the same thing to another text each time', async () => {
  const seal = createSeal([newKey()])
  const [one, other] = [await seal.seal('x'), await seal.seal('x')]
  expect(one.split('.')[2]).not.toBe(other.split('.')[2])
  expect(one.split('.')[3]).not.toBe(other.split('.')[3])
})

test('[D5] is a JWE that names its key by a part of a hash, and nothing else', async () => {
  const key = newKey()
  const text = await createSeal([key]).seal('x')
  const digest = await crypto.subtle.digest('SHA-256', Buffer.from(key, 'base64'))
  const kid = Buffer.from(digest).toString('base64url').slice(0, 8)
  expect(decodeProtectedHeader(text)).toEqual({ alg: 'dir', enc: 'A256GCM', kid })
  const { plaintext } = await compactDecrypt(text, Buffer.from(key, 'base64'))
  expect(new TextDecoder().decode(plaintext)).toBe('"x"')
})

test('[D5] seals with the newest key, and opens with every one', async () => {
  const [old, middle, newest] = [newKey(), newKey(), newKey()]
  const texts = [await createSeal([old]).seal('o'), await createSeal([middle, old]).seal('m')]
  const seal = createSeal([newest, middle, old])
  expect(await Promise.all(texts.map((text) => seal.open(text)))).toEqual(['o', 'm'])
  const text = await seal.seal('n')
  expect(await createSeal([newest]).open(text)).toBe('n')
  expect(await createSeal([middle, old]).open(text)).toBeUndefined()
  expect(await createSeal([newest]).open(texts[0] ?? '')).toBeUndefined()
})

test.each(['', '.', '....', 'a.b.c', 'a.b.c.d.e', 'eyJhbGciOiJkaXIifQ....', 'not a context', '.'.repeat(10_000)])(
  '[E5] opens nothing of %j',
  async (text) => {
    expect(await createSeal([newKey()]).open(text)).toBeUndefined()
  },
)

test.each([
  { alg: 'dir', enc: 'A128CBC-HS256' },
  { alg: 'A256GCMKW', enc: 'A256GCM' },
  { alg: 'A256KW', enc: 'A256GCM' },
])('[E5] opens nothing that was sealed by %j, with the key itself', async (header) => {
  const key = newKey()
  const secret = Buffer.from(key, 'base64')
  const { kid } = decodeProtectedHeader(await createSeal([key]).seal('x'))
  const jwe = new CompactEncrypt(new TextEncoder().encode('"x"')).setProtectedHeader({
    ...header,
    kid: String(kid),
  })
  expect(await createSeal([key]).open(await jwe.encrypt(secret))).toBeUndefined()
})

test('[E5] opens nothing that is no JSON, and shows none of it', async () => {
  const key = newKey()
  const { kid } = decodeProtectedHeader(await createSeal([key]).seal('x'))
  const header = { alg: 'dir', enc: 'A256GCM', kid: String(kid) }
  const jwe = new CompactEncrypt(new TextEncoder().encode('a token')).setProtectedHeader(header)
  expect(await createSeal([key]).open(await jwe.encrypt(Buffer.from(key, 'base64')))).toBeUndefined()
})

test('[E5] hands on what is no matter of the text: WebCrypto that fails', async () => {
  const key = newKey()
  const text = await createSeal([key]).seal('x')
  const seal = createSeal([key]) // its key has no name yet
  const broken = new Error('no entropy')
  const { digest } = crypto.subtle
  crypto.subtle.digest = () => Promise.reject(broken)
  try {
    await expect(seal.open(text)).rejects.toBe(broken)
  } finally {
    crypto.subtle.digest = digest
  }
})

test.each([
  ['base64, padded', (key: string) => key],
  ['base64 without its padding', (key: string) => key.replace('=', '')],
  ['base64url', (key: string) => Buffer.from(key, 'base64').toString('base64url')],
  ['base64url, padded', (key: string) => `${Buffer.from(key, 'base64').toString('base64url')}=`],
])('[D5] takes a key as %s', async (_, write) => {
  // Bytes of both letters that the two alphabets write differently.
  const key = Buffer.from(new Uint8Array(32).fill(0xfb)).toString('base64')
  const text = await createSeal([write(key)]).seal('x')
  expect(await createSeal([key]).open(text)).toBe('x')
})

test.each([
  [
    ['short'],
    'sealKeys[0]: expected 32 random bytes as base64, as `openssl rand -base64 32` makes them, found "5 characters"',
  ],
  [
    [newKey(), 'x'.repeat(42)],
    'sealKeys[1]: expected 32 random bytes as base64, as `openssl rand -base64 32` makes them, found "42 characters"',
  ],
  [
    [`${newKey()}=`],
    'sealKeys[0]: expected 32 random bytes as base64, as `openssl rand -base64 32` makes them, found "45 characters"',
  ],
  [
    [`!${newKey().slice(1)}`],
    'sealKeys[0]: expected 32 random bytes as base64, as `openssl rand -base64 32` makes them, found "44 characters"',
  ],
  [[], 'sealKeys: expected at least one secret, or no `sealKeys`, found an array of 0'],
])('[C12] [M5] refuses keys that are none, by name and without showing them (%#)', (keys, message) => {
  expect(() => createSeal(keys)).toThrow(new TypeError(message))
})
