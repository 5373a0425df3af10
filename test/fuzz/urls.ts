import * as fc from 'fast-check'
import { wordOf } from './arbitraries.ts'
import { BLANKS, DIGITS, isHandleByGrammar, isMadeOf, isNumberIn, LETTERS, LOWER } from './grammar.ts'
import { handle } from './names.ts'

/** The one origin that may be http, in development. */
export const LOOPBACK_ORIGIN = 'http://localhost:2583'
export const development = { allowLoopback: new Set([LOOPBACK_ORIGIN]) }

const port: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.constant(''), weight: 3 },
  fc
    .integer({ min: 1, max: 65_535 })
    .filter((number) => number !== 443)
    .map((number) => `:${number}`),
)

/** The bare origin of a server. */
export const origin: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.tuple(handle, port).map(([host, suffix]) => `https://${host}${suffix}`), weight: 6 },
  fc.constantFrom(
    LOOPBACK_ORIGIN,
    'https://[2606:4700::1111]',
    'https://[2606:4700::1111]:8443',
    'https://1.1.1.1',
  ),
)

/** The URL of a server as it may be written: in any case, with a slash at its end, with the port of https. */
export const writtenOrigin: fc.Arbitrary<string> = fc.oneof(
  origin,
  origin.map((text) => `${text}/`),
  origin.map((text) => text.toUpperCase()),
  handle.map((host) => `https://${host}:443/`),
)

/** The URL of an endpoint. */
export const endpoint: fc.Arbitrary<string> = fc
  .tuple(
    origin,
    fc.array(wordOf(`${LETTERS}${DIGITS}-._~`, 1, 6), { maxLength: 3 }),
    fc.constantFrom('', '?', '?a=b', '?a=b&c=%20'),
  )
  .map(([server, segments, query]) => `${server}/${segments.join('/')}${query}`)

/** Whether a text is the bare origin of a server, letter for letter: as servers compare issuers. */
export function isOriginByGrammar(text: string): boolean {
  if (text === LOOPBACK_ORIGIN) return true
  if (!text.startsWith('https://')) return false
  const authority = text.slice('https://'.length)
  const { host, suffix } = splitHost(authority)
  const isPort =
    suffix === '' || (suffix.startsWith(':') && suffix !== ':443' && isNumberIn(suffix.slice(1), 0, 65_535))
  return isPort && (isBracketed(host) || isName(host))
}

/** Whether a text is the bare origin of a host name, which must be taken. */
export function isPlainOrigin(text: string): boolean {
  const { host } = splitHost(text.slice('https://'.length))
  return (
    text.startsWith('https://') && isHandleByGrammar(host) && !host.includes('xn--') && isOriginByGrammar(text)
  )
}

/** What no URL of a server or endpoint may hold: blanks, controls, backslashes, credentials, an escaped host or none, a fragment. */
export function hasForbiddenParts(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code <= 0x20 || (code >= 0x7f && code <= 0xa0)) return true
    if (`\\#${BLANKS}`.includes(text.charAt(at))) return true
  }
  const authority = authorityOf(text)
  return authority === '' || authority.includes('@') || authority.includes('%')
}

/** What stands between `//` and the path. */
export function authorityOf(text: string): string {
  const start = text.indexOf('://')
  const rest = start < 0 ? '' : text.slice(start + 3)
  const ends = ['/', '?', '#', '\\'].map((end) => rest.indexOf(end)).filter((at) => at >= 0)
  return rest.slice(0, Math.min(rest.length, ...ends))
}

function splitHost(authority: string): { readonly host: string; readonly suffix: string } {
  const end = authority.startsWith('[') ? authority.indexOf(']') + 1 : authority.indexOf(':')
  const at = end <= 0 && !authority.includes(':') ? authority.length : end
  return { host: authority.slice(0, at), suffix: authority.slice(at) }
}

function isBracketed(host: string): boolean {
  return host.startsWith('[') && host.endsWith(']') && isMadeOf(host.slice(1, -1), `${DIGITS}abcdef:`)
}

/** What the URL standard leaves in a host: neither upper case, nor escapes, nor delimiters. */
function isName(host: string): boolean {
  return host !== '' && isMadeOf(host, `${LOWER}${DIGITS}-._~!$&'()*+,;="{}\``)
}
