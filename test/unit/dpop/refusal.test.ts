import { expect, test } from 'vitest'
import { refusalOf } from '../../../src/dpop/refusal.ts'

const inHeader = (error: string) => ({ 'www-authenticate': `DPoP algs="ES256", error="${error}"` })
const inJson = (error: unknown) => Response.json({ error }, { status: 400 })

test.each([400, 401])('[G3] reads a challenge of the header from %d', async (status) => {
  const response = new Response(null, { status, headers: inHeader('use_dpop_nonce') })
  expect(await refusalOf(response)).toBe('use_dpop_nonce')
})

test.each([400, 401])('[G3] reads an error of the JSON from %d', async (status) => {
  expect(await refusalOf(Response.json({ error: 'use_dpop_nonce' }, { status }))).toBe('use_dpop_nonce')
})

test('[G3] the header goes before the JSON', async () => {
  const response = Response.json({ error: 'InvalidToken' }, { status: 401, headers: inHeader('invalid_token') })
  expect(await refusalOf(response)).toBe('invalid_token')
})

test('[G3] reads the JSON where the header challenges in another scheme', async () => {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
  expect(await refusalOf(Response.json({ error: 'use_dpop_nonce' }, { status: 401, headers }))).toBe(
    'use_dpop_nonce',
  )
})

test.each([200, 403, 404, 429, 500])('[G5] a %d is no refusal of a proof or a token', async (status) => {
  const response = Response.json({ error: 'use_dpop_nonce' }, { status, headers: inHeader('use_dpop_nonce') })
  expect(await refusalOf(response)).toBeUndefined()
})

test.each([
  ['HTML', new Response('<html>use_dpop_nonce</html>', { status: 401, headers: { 'content-type': 'text/html' } })],
  ['JSON that is none', new Response('{', { status: 400, headers: { 'content-type': 'application/json' } })],
  ['a JSON array', Response.json(['use_dpop_nonce'], { status: 400 })],
  ['an error that is no text', inJson({ code: 'use_dpop_nonce' })],
  ['nothing', new Response(null, { status: 401 })],
])('reads no refusal from %s', async (_, response) => {
  expect(await refusalOf(response)).toBeUndefined()
})

test('leaves the body to be read', async () => {
  const response = inJson('invalid_grant')
  expect(await refusalOf(response)).toBe('invalid_grant')
  expect(await response.json()).toEqual({ error: 'invalid_grant' })
})

test('leaves a body that broke off to whoever reads it', async () => {
  const stream = new ReadableStream({ start: (controller) => controller.error(new Error('reset')) })
  const response = new Response(stream, { status: 400, headers: { 'content-type': 'application/json' } })
  expect(await refusalOf(response)).toBeUndefined()
  await expect(response.text()).rejects.toThrow('reset')
})

test('reads no more of an error than an error can be', async () => {
  const text = JSON.stringify({ error: 'use_dpop_nonce', padding: 'x'.repeat(64 * 1024) })
  const response = new Response(text, { status: 400, headers: { 'content-type': 'application/json' } })
  expect(await refusalOf(response)).toBeUndefined()
})
