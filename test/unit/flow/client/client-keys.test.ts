import type { JWK } from 'jose'
import { expect, test } from 'vitest'
import { SIGNING_ALGORITHMS } from '../../../../src/flow/client/client-algorithms.ts'
import { isActive, parseClientKeys, parsePublicKeys } from '../../../../src/flow/client/client-keys.ts'
import { wrongArgument } from '../../../../src/errors.ts'
import { newJwk } from './client-key.ts'

/** Every text in a key that nobody may read. */
function secretsOf(key: JWK): string[] {
  return [key.d, key.p, key.q, key.dp, key.dq, key.qi].filter((secret) => secret !== undefined)
}

function failureOf(run: () => unknown): Error {
  try {
    run()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('it was to fail, and succeeded')
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  RSA: ['e', 'n'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}

test.each(SIGNING_ALGORITHMS)('[C5] takes a private key for %s, and serves only its public half', async (alg) => {
  const jwk = await newJwk('k1', alg)
  const [key] = parseClientKeys([jwk])
  expect(key).toMatchObject({ kid: 'k1', alg })
  const served = JSON.stringify(key?.publicHalf)
  for (const secret of secretsOf(jwk)) expect(served).not.toContain(secret)
  const members = MEMBERS[jwk.kty ?? ''] ?? []
  const expected = ['alg', 'kid', 'kty', 'use', ...members].toSorted()
  expect(Object.keys(key?.publicHalf ?? {}).toSorted()).toEqual(expected)
  for (const name of ['kty', ...members]) expect(key?.publicHalf).toHaveProperty(name, jwk[name as 'n'])
})

test('[C5] serves nothing else that was in a key', async () => {
  const noisy = await newJwk('k1', 'ES256', {
    key_ops: ['sign'],
    ext: true,
    p: 'secret',
    extra: 'secret',
    use: 'sig',
  })
  const [key] = parseClientKeys([noisy])
  const { x, y } = noisy
  expect(key?.publicHalf).toEqual({ kty: 'EC', crv: 'P-256', kid: 'k1', alg: 'ES256', use: 'sig', x, y })
  expect(Object.keys(key?.jwk ?? {}).toSorted()).toEqual(['crv', 'd', 'kty', 'x', 'y'])
})

test.each([
  ['ES256', 'ES256'],
  ['ES384', 'ES384'],
  ['ES512', 'ES512'],
  ['Ed25519', 'EdDSA'],
])('reads the algorithm from the curve: a key for %s without `alg` signs with %s', async (made, read) => {
  const { alg: _, ...jwk } = await newJwk('k1', made)
  expect(parseClientKeys([jwk])[0]?.alg).toBe(read)
})

const bytes = (length: number) => 'A'.repeat(Math.ceil((length * 4) / 3))

test.each<[string, string, object, string]>([
  ['a public key', 'ES256', { d: undefined }, 'keys[0].d: expected 32 bytes as base64url, found "nothing"'],
  ['no kid', 'ES256', { kid: undefined }, 'keys[0].kid: expected a name for the key, found undefined'],
  ['an empty kid', 'ES256', { kid: '' }, 'keys[0].kid'],
  ['a kid that is a number', 'ES256', { kid: 1 }, 'keys[0].kid: expected a name for the key, found "a number"'],
  ['no x', 'ES256', { x: undefined }, 'keys[0].x'],
  ['no y', 'ES256', { y: undefined }, 'keys[0].y: expected 32 bytes as base64url, found "nothing"'],
  ['an x that is a number', 'ES256', { x: 7 }, 'keys[0].x: expected 32 bytes as base64url, found "a number"'],
  [
    'a d that is too short',
    'ES256',
    { d: bytes(31) },
    'keys[0].d: expected 32 bytes as base64url, found "31 bytes"',
  ],
  [
    'a d that is too long',
    'ES256',
    { d: bytes(33) },
    'keys[0].d: expected 32 bytes as base64url, found "33 bytes"',
  ],
  [
    'a d of base64',
    'ES256',
    { d: `${bytes(31)}+/` },
    'keys[0].d: expected 32 bytes as base64url, found "a text that is',
  ],
  ['a d with padding', 'ES256', { d: `${bytes(32)}=` }, 'found "a text that is not base64url"'],
  ['a length that nothing has', 'ES256', { d: 'A'.repeat(45) }, 'found "a text that is not base64url"'],
  ['another algorithm', 'ES256', { alg: 'ES384' }, 'keys[0].alg: expected ES256, found "ES384"'],
  ['an algorithm for secrets', 'ES256', { alg: 'HS256' }, 'keys[0].alg: expected ES256, found "HS256"'],
  ['another curve', 'ES256', { crv: 'P-384' }, 'keys[0].alg: expected ES384'],
  [
    'a curve that is not known',
    'ES256',
    { crv: 'secp256k1', alg: 'ES256K' },
    'keys[0].crv: expected a key for one of ES256,',
  ],
  ['another type', 'ES256', { kty: 'RSA' }, 'keys[0].alg: expected RS256 or'],
  ['a type that is not known', 'ES256', { kty: 'oct' }, 'keys[0].kty: expected a key for one of ES256,'],
  [
    'an x of another curve',
    'ES384',
    { x: bytes(32) },
    'keys[0].x: expected 48 bytes as base64url, found "32 bytes"',
  ],
  [
    'a d of another curve',
    'ES512',
    { d: bytes(64) },
    'keys[0].d: expected 66 bytes as base64url, found "64 bytes"',
  ],
  [
    'a d of another length',
    'EdDSA',
    { d: bytes(64) },
    'keys[0].d: expected 32 bytes as base64url, found "64 bytes"',
  ],
  [
    'an RSA key without alg',
    'RS256',
    { alg: undefined },
    'keys[0].alg: expected RS256 or RS384 or RS512 or PS256',
  ],
  [
    'a short modulus',
    'RS256',
    { n: bytes(255) },
    'keys[0].n: expected 2048 bits or more as base64url, found "255 bytes"',
  ],
  ['no exponent', 'RS256', { e: undefined }, 'keys[0].e'],
  ['no prime', 'RS256', { p: undefined }, 'keys[0].p: expected one byte or more as base64url, found "nothing"'],
  ['no second prime', 'RS256', { q: null }, 'keys[0].q: expected one byte or more as base64url, found "null"'],
  ['no dp', 'PS256', { dp: undefined }, 'keys[0].dp'],
  ['no dq', 'PS256', { dq: undefined }, 'keys[0].dq'],
  ['no qi', 'PS256', { qi: undefined }, 'keys[0].qi'],
  ['more than two primes', 'RS256', { oth: [{ r: 'secret' }] }, 'keys[0].oth: expected nothing'],
  ['a use for encryption', 'ES256', { use: 'enc' }, 'keys[0].use: expected "sig", or nothing, found "enc"'],
  ['operations without signing', 'ES256', { key_ops: ['verify'] }, 'keys[0].key_ops: expected a list with "sign"'],
  ['operations that are no list', 'ES256', { key_ops: 'sign' }, 'keys[0].key_ops'],
  [
    'an nbf that is a date',
    'ES256',
    { nbf: '2026-01-01' },
    'keys[0].nbf: expected a time in seconds since the epoch',
  ],
  [
    'an exp that is no number',
    'ES256',
    { exp: Number.NaN },
    'keys[0].exp: expected a time in seconds since the epoch',
  ],
  [
    'an end before its beginning',
    'ES256',
    { nbf: 20, exp: 10 },
    'keys[0].exp: expected a time after `nbf`, found 10',
  ],
  ['no time at all', 'ES256', { nbf: 10, exp: 10 }, 'keys[0].exp: expected a time after `nbf`, found 10'],
])('[C5] [C12] refuses %s, names the field and shows no key', async (_, alg, change, message) => {
  const key = await newJwk('k1', alg)
  const spoilt = { ...key, ...change }
  const error = failureOf(() => parseClientKeys([spoilt]))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(message)
  for (const secret of [...secretsOf(key), ...secretsOf(spoilt), key.x, key.n]) {
    if (secret) expect(error.message).not.toContain(secret)
  }
})

test.each([['-----BEGIN PRIVATE KEY-----secret'], [null], [undefined], [[]], [7]])(
  '[C12] refuses %o for a key, and does not show it',
  (key) => {
    const error = failureOf(() => parseClientKeys([key]))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain('keys[0]: expected a private JWK')
    expect(error.message).not.toContain('secret')
  },
)

test('names the key that is wrong by its place', async () => {
  const good = await newJwk('k1')
  expect(() => parseClientKeys([good, { ...good, kid: '' }])).toThrow('keys[1].kid')
})

test('refuses an empty list: it is not a public client', () => {
  expect(() => parseClientKeys([])).toThrow('at least one private key')
})

test('[C5] refuses two keys of one kid', async () => {
  const keys = [await newJwk('k1'), await newJwk('k2'), await newJwk('k1')]
  expect(() => parseClientKeys(keys)).toThrow('found "k1"')
  expect(parseClientKeys(keys.slice(0, 2))).toHaveLength(2)
})

test('[C11] a key is active from nbf until exp, in seconds, and always where it does not say', async () => {
  const [always, from, until] = parseClientKeys([
    await newJwk('k1'),
    await newJwk('k2', 'ES256', { nbf: 100 }),
    await newJwk('k3', 'ES256', { exp: 200 }),
  ])
  const activeAt = (now: number) => [always, from, until].map((key) => key !== undefined && isActive(key, now))
  expect(activeAt(99_999)).toEqual([true, false, true])
  expect(activeAt(100_000)).toEqual([true, true, true])
  expect(activeAt(199_999)).toEqual([true, true, true])
  expect(activeAt(200_000)).toEqual([true, true, false])
})

const publicHalfOf = ({ kty, crv, x, y, kid, alg }: JWK) => ({ kty, crv, x, y, kid, alg })
const readPublic = (...keys: readonly unknown[]) => parsePublicKeys('jwks.keys', keys, wrongArgument)

test('[C5] reads public keys, and adds what a server has to know', async () => {
  const jwk = await newJwk('k1')
  const { alg: _, ...half } = publicHalfOf(jwk)
  expect(readPublic({ ...half, key_ops: ['verify'] })).toEqual([
    { kty: 'EC', crv: 'P-256', kid: 'k1', alg: 'ES256', use: 'sig', x: jwk.x, y: jwk.y },
  ])
})

test.each<[string, object, string]>([
  [
    'a private key',
    { d: bytes(32) },
    'jwks.keys[0]: expected the public half of a key only, found "a private key"',
  ],
  ['a secret', { k: 'secret' }, 'jwks.keys[0]: expected the public half of a key only'],
  ['no kid', { kid: undefined }, 'jwks.keys[0].kid'],
  ['a key for encryption', { use: 'enc' }, 'jwks.keys[0].use'],
  ['a key that is not to verify', { key_ops: ['sign'] }, 'jwks.keys[0].key_ops: expected a list with "verify"'],
  ['no y', { y: undefined }, 'jwks.keys[0].y'],
])('[C5] [C12] refuses %s among public keys', async (_, change, message) => {
  const half = publicHalfOf(await newJwk('k1'))
  const error = failureOf(() => readPublic({ ...half, ...change }))
  expect(error).toBeInstanceOf(TypeError)
  expect(error.message).toContain(message)
  expect(error.message).not.toContain('secret')
})

test('an RSA key of a document that names no algorithm is taken for the one that the document names', async () => {
  const { n, e } = await newJwk('k1', 'PS256')
  const key = { kty: 'RSA', kid: 'k1', n, e }
  expect(parsePublicKeys('keys', [key], wrongArgument, 'PS256')[0]?.alg).toBe('PS256')
  expect(() => parsePublicKeys('keys', [key], wrongArgument)).toThrow('keys[0].alg: expected RS256')
})
