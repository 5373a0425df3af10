import * as fc from 'fast-check'
import { expect } from 'vitest'
import { askHandleHost } from '../../src/discovery/ask-handle-host.ts'
import { lookUpOverHttps } from '../../src/discovery/dns-over-https.ts'
import { failedFinding } from '../../src/discovery/finding.ts'
import { readHandle } from '../../src/syntax/handle.ts'
import { endless, garbage, hostile } from './arbitraries.ts'
import { nearly, transportTo } from './documents.ts'
import { expectQuick, outcomeOfAsync } from './expectations.ts'
import { fuzzAsync } from './fuzz.ts'

const { signal } = new AbortController()
const HANDLE = readHandle('alice.example.com')

const location = hostile(
  fc.constantFrom(
    'https://next.example.com/did?a=1#b',
    '/elsewhere',
    '//next.example.com',
    'data:,x',
    'mailto:alice@example.com',
    'javascript:alert(1)',
    'blob:https://a.example.com/1',
    'https://[::1]/',
    'http://127.1/',
    'https://user@next.example.com/',
  ),
)

fuzzAsync(
  '[A7] [M1] wherever a host redirects, the lookup ends with a reason that can be shown',
  4000,
  location,
  async (text) => {
    if (HANDLE === undefined || !isHeaderValue(text)) return
    const asked: string[] = []
    const transport = {
      ...transportTo({ body: '', status: 200, contentType: '' }),
      allowLoopback: new Set<string>(),
      fetch: async (url: string) => {
        asked.push(url)
        return new Response(null, { status: 302, headers: { location: text } })
      },
    }
    const outcome = await outcomeOfAsync(() => askHandleHost({ transport }, HANDLE, signal))
    if ('error' in outcome)
      expect(failedFinding(outcome.error)).toMatchObject({ why: expect.stringMatching(/^\w/) })
    expect(asked.length).toBeLessThanOrEqual(6)
    for (const url of asked) expect(new URL(url)).toMatchObject({ protocol: 'https:', username: '', password: '' })
  },
)

function isHeaderValue(text: string): boolean {
  return [...text].every(
    (letter) => letter === '\t' || (letter >= ' ' && letter <= '\u00ff' && letter !== '\u007f'),
  )
}

const resolver = 'https://dns.example.com/dns-query'
const record = nearly({ name: '_atproto.alice.example.com', type: 16, TTL: 60, data: '"did=did:plc:abc"' })
const dnsAnswer = fc
  .array(record, { maxLength: 3 })
  .chain((records) => nearly({ Status: 0, Answer: records }))
  .map((answer) => JSON.stringify(answer))

fuzzAsync(
  '[A5] whatever a DNS-over-HTTPS server answers is records or an error',
  4000,
  dnsAnswer,
  async (body) => {
    const resolveTxt = lookUpOverHttps(
      transportTo({ body, status: 200, contentType: 'application/dns-json' }),
      resolver,
    )
    const outcome = await outcomeOfAsync(() => resolveTxt('x', { signal }))
    if ('error' in outcome) return expect(outcome.error).toMatchObject({ code: 'dns_failing' })
    for (const chunks of outcome.value) for (const chunk of chunks) expect(chunk).toBeTypeOf('string')
  },
)

/** A chunk as a zone file writes it, in one of its ways for each character. */
const written = fc
  .array(fc.tuple(fc.integer({ min: 0x20, max: 0x7e }), fc.constantFrom('plain', 'escaped', 'number')), {
    maxLength: 20,
  })
  .map((letters) => ({
    text: letters.map(([code]) => String.fromCharCode(code)).join(''),
    quoted: letters.map(([code, how]) => writeLetter(String.fromCharCode(code), how)).join(''),
  }))

function writeLetter(letter: string, how: string): string {
  const mayStay = letter !== '"' && letter !== '\\'
  const isDigit = letter >= '0' && letter <= '9'
  if (how === 'plain' && mayStay) return letter
  return how === 'number' || isDigit ? `\\${String(letter.charCodeAt(0)).padStart(3, '0')}` : `\\${letter}`
}

fuzzAsync(
  '[A6] the chunks of a record are those that were written',
  3000,
  fc.tuple(fc.array(written, { minLength: 1, maxLength: 4 }), fc.constantFrom('', ' ', '\t ')),
  async ([chunks, gap]) => {
    const data = chunks.map(({ quoted }) => `"${quoted}"`).join(gap)
    expect(await recordsOf(data)).toEqual([chunks.map(({ text }) => text)])
    expect(await recordsOf(`${data}${gap}"`)).toEqual([])
  },
)

fuzzAsync('[A6] bare text is one chunk', 1000, garbage, async (data) => {
  if (/^[ \t]*"/.test(data)) return
  expect(await recordsOf(data)).toEqual([[data]])
})

fuzzAsync(
  '[A5] 64 KB of a record are read at once',
  40,
  endless(fc.constantFrom('\\"', '"', '\\', '""', '" "', 'a')),
  async (text) => {
    const data = `"${text.slice(0, 30_000)}`
    const body = JSON.stringify({ Status: 0, Answer: [{ type: 16, data }] })
    const transport = transportTo({ body, status: 200, contentType: 'application/dns-json' })
    const began = performance.now()
    await outcomeOfAsync(() => lookUpOverHttps(transport, resolver)('x', { signal }))
    expectQuick(() => {})
    expect(performance.now() - began).toBeLessThan(2000)
  },
)

function recordsOf(data: string) {
  const body = JSON.stringify({ Status: 0, Answer: [{ type: 16, data }] })
  return lookUpOverHttps(transportTo({ body, status: 200, contentType: 'application/dns-json' }), resolver)('x', {
    signal,
  })
}
