import { expect, test } from 'vitest'
import { parseUrl } from '../../../src/syntax/parse-url.ts'

test('reads a URL, by itself or from where it stands', () => {
  expect(parseUrl('https://example.com/a?b#c')?.href).toBe('https://example.com/a?b#c')
  expect(parseUrl('../c', 'https://example.com/a/b')?.href).toBe('https://example.com/c')
})

test.each(['', 'example.com', '//example.com', 'https://', `https://G${'.'.repeat(100_000)}/`])(
  'says that a text is no URL (%#)',
  (text) => {
    expect(parseUrl(text)).toBeUndefined()
  },
)
