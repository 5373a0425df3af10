import { expect, test } from 'vitest'
import { outgoingBody } from '../../../src/xrpc/body.ts'

test.each([undefined, null])('%s is no body, and can be sent again', (body) => {
  expect(outgoingBody(body)).toEqual({ body: undefined, isRepeatable: true })
})

test('everything but a stream can be sent again', () => {
  for (const body of [
    '',
    'x',
    new Uint8Array(1),
    new ArrayBuffer(1),
    new Blob(['x']),
    new URLSearchParams('a=b'),
  ]) {
    const outgoing = outgoingBody(body)
    expect(outgoing.isRepeatable).toBe(true)
    expect(outgoing.body?.()).toBe(body)
    expect(outgoing.body?.()).toBe(body)
  }
})

test('[G9] a stream can be sent once', () => {
  const stream = new Blob(['x']).stream()
  const outgoing = outgoingBody(stream)
  expect(outgoing.isRepeatable).toBe(false)
  expect(outgoing.body?.()).toBe(stream)
})
