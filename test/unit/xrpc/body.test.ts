import { expect, test, vi } from 'vitest'
import { outgoingInput } from '../../../src/xrpc/body.ts'
import { outgoingBody } from '../../../src/xrpc/outgoing-body.ts'

const stream = (): ReadableStream<Uint8Array> => new Blob(['x']).stream()

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
  const body = stream()
  const outgoing = outgoingBody(body)
  expect(outgoing.isRepeatable).toBe(false)
  expect(outgoing.body?.()).toBe(body)
})

test('an input that is no JSON can be sent again where it is no stream, or made by a function', async () => {
  for (const input of ['x', new Uint8Array(1), new ArrayBuffer(1), new Blob(['x']), stream]) {
    expect(await outgoingInput(input, 'image/png')).toMatchObject({ isRepeatable: true, isJson: false })
  }
  expect(await outgoingInput(stream(), 'image/png')).toMatchObject({ isRepeatable: false, isJson: false })
})

test('a function whose type is known is called only when its body is sent', async () => {
  const make = vi.fn<typeof stream>(stream)
  const { body, discard } = await outgoingInput(make, 'image/png')
  expect(make).not.toHaveBeenCalled()
  await body?.()
  await body?.()
  expect(make).toHaveBeenCalledTimes(2)
  expect(discard).toBeUndefined()
})

test('what a function made to tell its type is what is sent first', async () => {
  const made = [new Blob(['1'], { type: 'image/png' }), new Blob(['2'])]
  const { body, type } = await outgoingInput(() => made.shift(), undefined)
  expect(type).toBe('image/png')
  expect(made).toHaveLength(1)
  expect(await (await new Response(await body?.()).blob()).text()).toBe('1')
  expect(await new Response(await body?.()).text()).toBe('2')
})

test('what was sent is not let go, and what was not sent is let go once', async () => {
  const cancel = vi.fn<() => void>()
  const make = () => new ReadableStream<Uint8Array>({ cancel })
  const sent = await outgoingInput(make, undefined)
  await sent.body?.()
  sent.discard?.()
  expect(cancel).not.toHaveBeenCalled()
  const unsent = await outgoingInput(make, undefined)
  unsent.discard?.()
  unsent.discard?.()
  expect(cancel).toHaveBeenCalledOnce()
})

test.each([[{}], [[]], [null], [false], [0], ['']])('%j is JSON', async (input) => {
  const { body, type, isJson, isRepeatable } = await outgoingInput(input, undefined)
  expect(await body?.()).toBe(JSON.stringify(input))
  expect({ type, isJson, isRepeatable }).toEqual({ type: 'application/json', isJson: true, isRepeatable: true })
})
