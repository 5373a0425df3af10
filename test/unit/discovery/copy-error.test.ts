import { expect, test } from 'vitest'
import { copyError } from '../../../src/discovery/copy-error.ts'
import { DiscoveryError, withoutRetry } from '../../../src/errors.ts'

/** What an error is, to whoever looks at it. */
const facts = ({
  name,
  code,
  message,
  stack,
  retryable,
  url,
  field,
  found,
  cause,
  response: answer,
}: DiscoveryError) => ({
  name,
  code,
  message,
  stack,
  retryable,
  url,
  field,
  found,
  cause,
  answer,
})

test('gives an error that is the same in all but what is changed later', () => {
  const response = new Response(null, { status: 503 })
  const error = new DiscoveryError('server_failing', {
    url: 'https://pds.example.com/x',
    field: 'status',
    found: 503,
    cause: 'a cause',
    response,
  })
  const copy = copyError(error) as DiscoveryError
  expect(copy).not.toBe(error)
  expect(copy).toBeInstanceOf(DiscoveryError)
  expect(copy).toBeInstanceOf(Error)
  expect(Object.prototype.toString.call(copy)).toBe('[object Error]')
  expect(facts(copy)).toEqual(facts(error))
  expect(Object.keys(copy)).toEqual(Object.keys(error))
  withoutRetry(copy, 'sign in again')
  expect(copy).toMatchObject({ retryable: false, action: 'sign in again' })
  expect(error).toMatchObject({ retryable: true, action: undefined })
})

test('hands on what is not an error of this library', () => {
  const reason = new DOMException('stop', 'AbortError')
  expect(copyError(reason)).toBe(reason)
  expect(copyError(undefined)).toBeUndefined()
})
