import * as fc from 'fast-check'
import { expect } from 'vitest'
import { grantsAtproto, readTokenResponse } from '../../src/flow/token-response.ts'
import { isJsonResponse } from '../../src/http/body.ts'
import { Pause } from '../../src/http/pause.ts'
import { encodeBase64url, encodeText } from '../../src/syntax/base64url.ts'
import { readRateLimit } from '../../src/xrpc/read-rate-limit.ts'
import { garbage, hostile, wordOf } from './arbitraries.ts'
import { isJsonType, isObject, nearly } from './documents.ts'
import { fuzz } from './fuzz.ts'
import { DIGITS, isMadeOf, LETTERS } from './grammar.ts'

const tokens = nearly(
  {
    access_token: 'at',
    token_type: 'DPoP',
    refresh_token: 'rt',
    scope: 'atproto',
    sub: 'did:plc:x',
    expires_in: 300,
  },
  ['expires_in', 'scope'],
)

fuzz(
  '[F1] [F5] [F6] a token response is read without belief in it',
  4000,
  fc.oneof(tokens, fc.jsonValue()),
  (json) => {
    if (!isObject(json)) return
    const read = readTokenResponse(json)
    const text = (name: string) => (typeof json[name] === 'string' ? json[name] : '')
    if (text('access_token') === '') return expect(read).toBeUndefined()
    const seconds = json['expires_in']
    // A century, in days of 24 hours.
    const isLifetime = typeof seconds === 'number' && seconds >= 0 && seconds <= 100 * 365 * 86_400
    expect(read).toEqual({
      accessToken: text('access_token'),
      tokenType: text('token_type').toLowerCase(),
      refreshToken: text('refresh_token') === '' ? undefined : text('refresh_token'),
      scope: text('scope'),
      sub: text('sub'),
      lifetimeMs: isLifetime ? seconds * 1000 : undefined,
    })
  },
)

fuzz(
  '[F2] the scope `atproto` is a whole token',
  3000,
  hostile(fc.constantFrom('atproto', 'atproto transition:generic', 'a atproto b', 'xatproto')),
  (scope) => {
    let token = ''
    const found: string[] = []
    for (const letter of `${scope} `) {
      if (letter === ' ') found.push(token)
      token = letter === ' ' ? '' : token + letter
    }
    expect(grantsAtproto(scope)).toBe(found.includes('atproto'))
  },
)

const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
})
const mediaType = hostile(
  fc.constantFrom('application/json', 'Application/Json ; charset=utf-8', 'application/json;a="b"', 'text/json'),
)

fuzz('[B1] JSON is what says that it is', 3000, mediaType, (text) => {
  if (!isHeaderValue(text)) return
  const response = new Response(null, { headers: { 'content-type': text } })
  expect(isJsonResponse(response)).toBe(isJsonType(response.headers.get('content-type') ?? ''))
})

function isHeaderValue(text: string): boolean {
  return [...text].every(
    (letter) => letter === '\t' || (letter >= ' ' && letter <= '\u00ff' && letter !== '\u007f'),
  )
}

/** When a pause that began now is over, in ms: asked as its users ask. */
function pauseOf(retryAfter: string, now: number): { readonly hasAsked: boolean; readonly ms: number } {
  let at = 0
  const pause = new Pause({ now: () => now, monotonic: () => at, sleep: async () => {} }, LONGEST_MS)
  const hasAsked = pause.fail(new Response(null, { headers: { 'retry-after': retryAfter } }))
  const isOverAt = (ms: number) => {
    at = ms
    return pause.isOver
  }
  let [low, high] = [0, LONGEST_MS]
  if (!isOverAt(high)) return { hasAsked, ms: Infinity }
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isOverAt(middle)) high = middle
    else low = middle + 1
  }
  return { hasAsked, ms: low }
}

const LONGEST_MS = 3_600_000
const now = fc.integer({ min: 0, max: 4e12 }).map((ms) => ms - (ms % 1000))

fuzz(
  '[J6] a server may ask for a pause in seconds or until a date',
  2000,
  fc.tuple(fc.oneof(fc.nat(10_000), fc.maxSafeNat()), now, fc.integer({ min: -5000, max: 10_000 })),
  ([seconds, at, ahead]) => {
    expect(pauseOf(String(seconds), at)).toEqual({ hasAsked: true, ms: Math.min(seconds * 1000, LONGEST_MS) })
    const date = new Date(at + ahead * 1000).toUTCString()
    expect(pauseOf(date, at)).toEqual({ hasAsked: true, ms: Math.min(Math.max(0, ahead * 1000), LONGEST_MS) })
  },
)

fuzz(
  '[J6] whatever a server asks for, a pause ends',
  2000,
  fc.tuple(fc.oneof(headerText, hostile(fc.constantFrom('120', 'Fri, 02 Jan 2026 00:00:00 GMT'))), now),
  ([text, at]) => {
    if (!isHeaderValue(text)) return
    const { hasAsked, ms } = pauseOf(text, at)
    expect(ms).toBeLessThanOrEqual(LONGEST_MS)
    if (!hasAsked) expect(ms).toBe(1000)
  },
)

const count = hostile(wordOf(DIGITS, 1, 12))

fuzz('[J7] limits are read where all three are numbers', 3000, fc.tuple(count, count, count), (values) => {
  if (!values.every(isHeaderValue)) return
  const headers = new Headers(
    ['limit', 'remaining', 'reset'].map((name, at) => [`ratelimit-${name}`, values[at] ?? '']),
  )
  const [limit, remaining, reset] = [...values].map((value) => trim(value))
  const isRight = [limit, remaining, reset].every(
    (value) => value !== undefined && value !== '' && isMadeOf(value, DIGITS),
  )
  const expected = { limit: Number(limit), remaining: Number(remaining), resetsAt: Number(reset) * 1000 }
  expect(readRateLimit(headers)).toEqual(isRight ? expected : undefined)
})

/** What `Headers` does to a value. */
function trim(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && ' \t'.includes(text.charAt(start))) start += 1
  while (end > start && ' \t'.includes(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

fuzz('base64url is what others make of the same bytes', 3000, fc.uint8Array({ maxLength: 70 }), (bytes) => {
  const text = encodeBase64url(bytes)
  expect(text).toBe(Buffer.from(bytes).toString('base64url'))
  expect(isMadeOf(text, `${LETTERS}${DIGITS}-_`)).toBe(true)
})

fuzz('base64url of a text is that of its UTF-8', 2000, garbage, (text) => {
  expect(encodeText(text)).toBe(Buffer.from(text.toWellFormed(), 'utf8').toString('base64url'))
})
