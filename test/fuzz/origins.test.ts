import * as fc from 'fast-check'
import { expect } from 'vitest'
import { parseIssuer } from '../../src/discovery/protected-resource.ts'
import { joinPath } from '../../src/http/join-path.ts'
import { isEndpoint, parseOrigin } from '../../src/http/origin.ts'
import { endless, garbage, hostile, nastyCharacter } from './arbitraries.ts'
import { expectQuick, outcomeOf } from './expectations.ts'
import { fuzz } from './fuzz.ts'
import { toAsciiLowerCase } from './grammar.ts'
import {
  authorityOf,
  development,
  endpoint,
  hasForbiddenParts,
  isOriginByGrammar,
  isPlainOrigin,
  LOOPBACK_ORIGIN,
  origin,
  writtenOrigin,
} from './urls.ts'

fuzz('[A15] the URL of a server is nothing but its origin', 8000, hostile(writtenOrigin), (text) => {
  const found = parseOrigin(development, text)
  const bare = toAsciiLowerCase(text.endsWith('/') ? text.slice(0, -1) : text)
  if (isPlainOrigin(bare) || bare === LOOPBACK_ORIGIN) expect(found).toBe(bare)
  if (found === undefined) return
  expect(isOriginByGrammar(found)).toBe(true)
  expect(new URL(text).origin).toBe(found)
  expect(hasForbiddenParts(text)).toBe(false)
  expect(bare.slice(bare.indexOf('://') + 3)).toBe(toAsciiLowerCase(authorityOf(text)))
})

fuzz('[B4] an issuer is an origin, letter for letter', 5000, hostile(fc.oneof(origin, writtenOrigin)), (text) => {
  const outcome = outcomeOf(() =>
    parseIssuer(development, text, { url: 'https://pds.example.com', field: 'issuer' }),
  )
  if (isPlainOrigin(text)) expect(outcome).toEqual({ value: text })
  if ('value' in outcome) {
    expect(outcome.value).toBe(text)
    expect(isOriginByGrammar(text)).toBe(true)
  } else expect(outcome.error).toMatchObject({ name: 'DiscoveryError', code: 'issuer_invalid', field: 'issuer' })
})

fuzz('[B7] [B8] an endpoint is an https URL without credentials and fragment', 8000, hostile(endpoint), (text) => {
  const isTaken: boolean = isEndpoint(development, text)
  if (!isTaken) {
    const isPlain = isPlainOrigin(`https://${authorityOf(text)}`) && text.startsWith('https://')
    const path = text.slice('https://'.length + authorityOf(text).length)
    const isSure =
      isPlain && !hasForbiddenParts(text) && [...path].every((letter) => letter > ' ' && letter < '\u007f')
    return expect(isSure).toBe(false)
  }
  expect(hasForbiddenParts(text)).toBe(false)
  const { protocol, host } = new URL(text)
  expect(protocol === 'https:' || `${protocol}//${host}` === LOOPBACK_ORIGIN).toBe(true)
  expect(toAsciiLowerCase(text).startsWith(`${protocol}//`)).toBe(true)
})

fuzz('[A15] [B8] only text is a URL', 300, fc.anything(), (value) => {
  if (typeof value === 'string') return
  expect(parseOrigin(development, value)).toBeUndefined()
  expect(isEndpoint(development, value)).toBe(false)
})

const path = fc.oneof(
  endpoint.map((text) => text.slice(text.indexOf('/', 8))),
  origin.map((text) => text.slice(text.indexOf('/'))),
  origin,
  fc
    .array(fc.oneof(nastyCharacter, fc.constantFrom('/', '\\', '..', '.', '%2e', '@evil.example', '//')), {
      maxLength: 8,
    })
    .map((parts) => `/${parts.join('')}`),
  garbage,
)

fuzz('[G7] [J1] a path never leaves its origin', 8000, fc.tuple(origin, hostile(path)), ([server, text]) => {
  let joined: string
  try {
    joined = joinPath(server, text)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toContain('path: expected a path on')
    const isSure =
      text.startsWith('/') && Array.from(text.slice(1)).every(isPathCharacter) && !text.startsWith('//')
    return expect(isSure).toBe(false)
  }
  expect(joined.startsWith(`${server}/`)).toBe(true)
  expect(new URL(joined).origin).toBe(server)
  expect(text.startsWith('/') && !text.startsWith('//') && !text.startsWith('/\\')).toBe(true)
  expect(new URL(text, 'https://another.example.net').origin).toBe('https://another.example.net')
})

function isPathCharacter(letter: string): boolean {
  return letter > ' ' && letter < '\u007f' && letter !== '\\'
}

const piece = fc.oneof(origin, endpoint, fc.constantFrom('/', '\\', '@', '.', ':', '[', '%2e/', 'a', '#', '?'))

fuzz('[A15] [B8] [G7] a URL of a megabyte is read at once', 60, endless(piece), (text) => {
  expectQuick(() => {
    for (const prefix of ['', 'https://', 'https://a.example.com/', 'https://a@']) {
      parseOrigin(development, prefix + text)
      isEndpoint(development, prefix + text)
    }
    outcomeOfPath(text)
    outcomeOfPath(`/${text}`)
  })
})

function outcomeOfPath(text: string): void {
  try {
    joinPath('https://pds.example.com', text)
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
  }
}
