import { expect, test } from 'vitest'
import { RecentMap } from '../../../src/discovery/recent-map.ts'

test('forgets what was not asked for longest', () => {
  const map = new RecentMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  expect(map.get('a')).toBe(1)
  map.set('c', 3)
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([1, undefined, 3])
})

test('a value that is set anew takes no further place, and is the newest', () => {
  const map = new RecentMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  expect([map.get('b'), map.get('a')]).toEqual([2, 3])
  map.set('a', 4)
  map.set('c', 5)
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([4, undefined, 5])
})

test('does not come to hold a key by being asked for it', () => {
  const map = new RecentMap<number>(1)
  map.set('a', 1)
  expect(map.get('b')).toBeUndefined()
  expect(map.get('a')).toBe(1)
})

test('forgets what is deleted', () => {
  const map = new RecentMap<number>(1)
  map.set('a', 1)
  map.delete('a')
  expect(map.get('a')).toBeUndefined()
})
