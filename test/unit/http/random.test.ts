import { expect, test } from 'vitest'
import { randomText, systemRandom } from '../../../src/http/random.ts'

test('[D2] [D3] a random text is 256 bits in 43 characters that need no escaping', () => {
  const lengths: number[] = []
  const text = randomText((length) => {
    lengths.push(length)
    return new Uint8Array(length).fill(255)
  })
  expect(lengths).toEqual([32])
  expect(text).toBe('_'.repeat(42) + '8')
})

test('[D2] [D3] no two random texts are the same', () => {
  const texts = Array.from({ length: 1000 }, () => randomText(systemRandom))
  expect(new Set(texts).size).toBe(1000)
  expect(texts.every((text) => /^[\w-]{43}$/.test(text))).toBe(true)
})

test('makes as many bytes as it is asked for', () => {
  expect(systemRandom(7)).toHaveLength(7)
  expect(systemRandom(0)).toHaveLength(0)
})
