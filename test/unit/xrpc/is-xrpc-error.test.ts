import { expect, test } from 'vitest'
import { NetworkError, XrpcError } from '../../../src/errors.ts'
import { nsid } from '../../../src/syntax/nsid.ts'
import { isXrpcError } from '../../../src/xrpc/is-xrpc-error.ts'

const GET_RECORD = 'com.atproto.repo.getRecord'

function answered(name: string, method: string = GET_RECORD): XrpcError {
  const facts = { status: 400, headers: new Headers(), rateLimit: undefined, client: undefined }
  return new XrpcError('error_response', { nsid: method, error: name, ...facts })
}

test('narrows to what a method answered', () => {
  expect(isXrpcError(answered('RecordNotFound'), GET_RECORD)).toBe(true)
  expect(isXrpcError(answered('RecordNotFound'), GET_RECORD, 'RecordNotFound')).toBe(true)
})

test('tells another name, and another method, apart', () => {
  expect(isXrpcError(answered('InvalidRequest'), GET_RECORD, 'RecordNotFound')).toBe(false)
  expect(isXrpcError(answered('RecordNotFound', 'com.example.getRecord'), GET_RECORD)).toBe(false)
  expect(isXrpcError(answered('recordnotfound'), GET_RECORD, 'RecordNotFound')).toBe(false)
})

test('[J5] takes a name that no lexicon knows, and none', () => {
  expect(isXrpcError(answered('SomethingNew'), GET_RECORD, 'SomethingNew')).toBe(true)
  expect(isXrpcError(answered(''), GET_RECORD, '')).toBe(true)
  expect(isXrpcError(answered('Odd', 'com.example.getThings'), nsid('com.example.getThings'), 'Odd')).toBe(true)
})

test.each([undefined, null, 'RecordNotFound', new Error('x'), new NetworkError('timeout'), { nsid: GET_RECORD }])(
  'takes %o for none',
  (error) => {
    expect(isXrpcError(error, GET_RECORD)).toBe(false)
  },
)
