import { expect, test } from 'vitest'
import { reasonOf } from '../../../src/cli/reason-of.ts'

test.each([
  [Object.assign(new Error('EACCES: permission denied, open x'), { code: 'EACCES' }), 'permission denied'],
  [Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS' }), 'the file system is read-only'],
  [Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }), 'EMFILE: too many open files'],
  [new Error('something else'), 'something else'],
  ['a text', 'a text'],
])('%s is said in words', (error, words) => {
  expect(reasonOf(error)).toBe(words)
})
