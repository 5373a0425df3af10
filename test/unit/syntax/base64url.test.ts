import { expect, test } from 'vitest'
import {
  decodeBase64url,
  encodeBase64url,
  encodeText,
  hashText,
  isBase64url,
} from '../../../src/syntax/base64url.ts'

test.each([
  ['', ''],
  ['f', 'Zg'],
  ['fo', 'Zm8'],
  ['foo', 'Zm9v'],
  ['foob', 'Zm9vYg'],
  ['fooba', 'Zm9vYmE'],
  ['foobar', 'Zm9vYmFy'],
])('encodes the vector %o of RFC 4648 without padding', (text, encoded) => {
  expect(encodeText(text)).toBe(encoded)
})

test('uses the alphabet that is safe in a URL', () => {
  expect(encodeBase64url(Uint8Array.of(0xfb, 0xff, 0xfe))).toBe('-__-')
})

test('encodes text as UTF-8', () => {
  expect(encodeText('é💩')).toBe(Buffer.from('é💩', 'utf8').toString('base64url'))
})

test('encodes as Node does, also what is too long for one call', () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, at) => (at * 31) % 256)
  expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString('base64url'))
})

test('decodes what it encodes, whatever its length', () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 151 + length) % 256)
    expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes)
  }
})

test.each(['A', 'AAAAA', 'AA==', 'AA=', '+A', '/A', ' AA', 'AA\n', 'A.A', 'é'])(
  'does not decode %j, which is no base64url, and does not show it',
  (text) => {
    expect(isBase64url(text)).toBe(false)
    expect(() => decodeBase64url(text)).toThrow(new SyntaxError('expected base64url without padding'))
  },
)

test('hashes as the example of RFC 7636 appendix B', async () => {
  const hash = await hashText('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')
  expect(hash).toBe('E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM')
  expect(await hashText('another')).not.toBe(hash)
})
