import { fakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'
import { isJsonResponse, readJson, readText } from '../../../src/http/body.ts'
import { readBytes } from '../../../src/http/read-bytes.ts'

const URL_OF_BODY = 'https://pds.example.com/body?secret=1'

/** A network where the PDS answers with this body. */
function serving(body: BodyInit | null) {
  const network = fakeNetwork()
  network.host(network.pds, () => new Response(body))
  return { network, fetch: () => network.fetch(URL_OF_BODY) }
}

/** An answer with this body. */
const answer = (body: BodyInit | null) => serving(body).fetch()

/** An answer that breaks off half-way. */
function brokenAnswer(body: string): Promise<Response> {
  const { network, fetch } = serving(body)
  network.fault({ path: '/body', body: 'cut-off' })
  return fetch()
}

/** A body whose pieces are made as they are read, and that knows how it went. */
function pieces(...parts: readonly (string | Uint8Array)[]) {
  const seen = { read: 0, isCancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = parts[seen.read++]
        if (next === undefined) return controller.close()
        controller.enqueue(typeof next === 'string' ? new TextEncoder().encode(next) : next)
      },
      cancel() {
        seen.isCancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

test('reads a body that comes in pieces', async () => {
  expect(await readText(await answer(pieces('ab', '', 'cd').body), 100)).toBe('abcd')
})

test('reads letters that are split between pieces', async () => {
  const bytes = new TextEncoder().encode('é')
  const { body } = pieces(bytes.subarray(0, 1), bytes.subarray(1))
  expect(await readText(await answer(body), 2)).toBe('é')
})

test('reads half a letter at the end as the mark for what is none, and no mark of the order of bytes', async () => {
  const bytes = new TextEncoder().encode('\ufeffaé')
  const { body } = pieces(bytes.subarray(0, 2), bytes.subarray(2, -1))
  expect(await readText(await answer(body), 5)).toBe('a\ufffd')
})

test('reads no body as nothing', async () => {
  expect(await readBytes(await answer(null), 0)).toEqual(new Uint8Array())
  expect(await readText(await answer(''), 0)).toBe('')
})

test('reads as many bytes as are allowed, and not one more', async () => {
  expect(await readText(await answer(pieces('abc', 'de').body), 5)).toBe('abcde')
  await expect(readText(await answer(pieces('abc', 'def').body), 5)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'too_large',
    expected: 'at most 5 bytes',
    url: 'https://pds.example.com/body',
  })
})

test('counts bytes, not letters', async () => {
  await expect(readText(await answer('éé'), 3)).rejects.toMatchObject({ code: 'too_large' })
  expect(await readText(await answer('éé'), 4)).toBe('éé')
})

test('never reads what comes after the limit', async () => {
  const { body, seen } = pieces('abc', 'def', 'ghi', 'jkl')
  await expect(readText(await answer(body), 5)).rejects.toMatchObject({ code: 'too_large' })
  expect(seen).toEqual({ read: 2, isCancelled: true })
})

test('says that an answer broke off', async () => {
  await expect(readText(await brokenAnswer('abcdef'), 100)).rejects.toMatchObject({
    name: 'NetworkError',
    code: 'answer_cut_off',
    retryable: true,
    url: 'https://pds.example.com/body',
    cause: { name: 'TypeError', message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } },
  })
})

test('reads JSON, and what is none as undefined', async () => {
  expect(await readJson(await answer('{"a":[1]}'), 100)).toEqual({ a: [1] })
  expect(await readJson(await answer('null'), 100)).toBeNull()
  expect(await readJson(await answer('<html>'), 100)).toBeUndefined()
  expect(await readJson(await answer(''), 100)).toBeUndefined()
  expect(await readJson(await answer('{"a":'), 100)).toBeUndefined()
})

test('does not take an answer that is too large or broke off for one that is not JSON', async () => {
  await expect(readJson(await answer('[1,2,3]'), 3)).rejects.toMatchObject({ code: 'too_large' })
  await expect(readJson(await brokenAnswer('{"a":1}'), 9)).rejects.toMatchObject({ code: 'answer_cut_off' })
})

test('[M8] a hostile document changes no prototype', async () => {
  const value = await readJson(await answer('{"__proto__":{"isAdmin":true}}'), 100)
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
