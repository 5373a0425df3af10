import { expect, test } from 'vitest'
import { isJsonResponse, readBytes, readJson, readText } from '../../../src/http/body.ts'

/** A body whose pieces are made as they are read, and that knows how it went. */
function pieces(...texts: readonly (string | Error)[]) {
  const seen = { read: 0, isCancelled: false }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = texts[seen.read++]
        if (next === undefined) return controller.close()
        if (next instanceof Error) return controller.error(next)
        controller.enqueue(new TextEncoder().encode(next))
      },
      cancel() {
        seen.isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { response: new Response(stream), seen }
}

test('reads a body that comes in pieces', async () => {
  expect(await readText(pieces('ab', '', 'cd').response, 100)).toBe('abcd')
})

test('reads letters that are split between pieces', async () => {
  const bytes = new TextEncoder().encode('é')
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 1))
      controller.enqueue(bytes.subarray(1))
      controller.close()
    },
  })
  expect(await readText(new Response(stream), 2)).toBe('é')
})

test('reads no body as nothing', async () => {
  expect(await readBytes(new Response(null), 0)).toEqual(new Uint8Array())
  expect(await readText(new Response(''), 0)).toBe('')
})

test('reads as many bytes as are allowed, and not one more', async () => {
  expect(await readText(pieces('abc', 'de').response, 5)).toBe('abcde')
  await expect(readText(pieces('abc', 'def').response, 5)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'too_large',
    expected: 'at most 5 bytes',
  })
})

test('counts bytes, not letters', async () => {
  await expect(readText(new Response('éé'), 3)).rejects.toMatchObject({ code: 'too_large' })
  expect(await readText(new Response('éé'), 4)).toBe('éé')
})

test('never reads what comes after the limit', async () => {
  const { response, seen } = pieces('abc', 'def', 'ghi', 'jkl')
  await expect(readText(response, 5)).rejects.toMatchObject({ code: 'too_large' })
  expect(seen).toEqual({ read: 2, isCancelled: true })
})

test('says that an answer broke off', async () => {
  const cause = new Error('reset')
  await expect(readText(pieces('abc', cause).response, 100)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'answer_cut_off',
    retryable: true,
    cause,
  })
})

test('reads JSON, and what is none as undefined', async () => {
  expect(await readJson(new Response('{"a":[1]}'), 100)).toEqual({ a: [1] })
  expect(await readJson(new Response('null'), 100)).toBeNull()
  expect(await readJson(new Response('<html>'), 100)).toBeUndefined()
  expect(await readJson(new Response(''), 100)).toBeUndefined()
  expect(await readJson(new Response('{"a":'), 100)).toBeUndefined()
})

test('does not take an answer that is too large or broke off for one that is not JSON', async () => {
  await expect(readJson(new Response('[1,2,3]'), 3)).rejects.toMatchObject({ code: 'too_large' })
  await expect(readJson(pieces('{', new Error('reset')).response, 9)).rejects.toMatchObject({
    code: 'answer_cut_off',
  })
})

test('[M8] a hostile document changes no prototype', async () => {
  const value = await readJson(new Response('{"__proto__":{"isAdmin":true}}'), 100)
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
})

test.each([
  'application/json',
  'application/json; charset=utf-8',
  'application/json;charset=utf-8',
  'application/json ; x=y',
  'Application/JSON',
])('[B1] %s is JSON', (type) => {
  expect(isJsonResponse(new Response('', { headers: { 'content-type': type } }))).toBe(true)
})

test.each([
  'text/html',
  'text/json',
  'application/json5',
  'application/jsonp',
  'application/ld+json',
  'application/json, text/html',
  'x-application/json',
])('[B1] %s is not', (type) => {
  expect(isJsonResponse(new Response('', { headers: { 'content-type': type } }))).toBe(false)
})

test('[B1] what names no media type is not JSON', () => {
  expect(isJsonResponse(new Response(null))).toBe(false)
})
