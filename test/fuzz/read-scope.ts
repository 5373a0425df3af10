import { DIGITS, isDidPlcByGrammar, isMadeOf, isNumberIn, LETTERS, TOKEN_CHARACTERS } from './grammar.ts'
import { readQuery } from './query.ts'

/** The parameters of a scope by name, or why there are none. */
export type ReadScope = ReadonlyMap<string, readonly string[]> | 'plain' | 'unknown' | 'invalid'

interface Rule {
  readonly isRight: (value: string) => boolean
  readonly min: number
  readonly max: number
}

const listOf = (isRight: Rule['isRight'], min: number): Rule => ({ isRight, min, max: Infinity })
const oneOf = (isRight: Rule['isRight'], min: number): Rule => ({ isRight, min, max: 1 })
const word =
  (...words: readonly string[]) =>
  (value: string) =>
    words.includes(value)
const orAny = (isRight: Rule['isRight']) => (value: string) => value === '*' || isRight(value)

/** The grammar of scopes: each resource with its parameters, the positional one first. */
const RESOURCES: ReadonlyMap<string, Readonly<Record<string, Rule>>> = new Map([
  [
    'repo',
    { collection: listOf(orAny(isNsidByGrammar), 1), action: listOf(word('create', 'update', 'delete'), 0) },
  ],
  ['rpc', { lxm: listOf(orAny(isNsidByGrammar), 1), aud: oneOf(orAny(isServiceByGrammar), 1) }],
  ['blob', { accept: listOf(isMediaRangeByGrammar, 1) }],
  ['account', { attr: oneOf(word('email', 'repo'), 1), action: oneOf(word('read', 'manage'), 0) }],
  ['identity', { attr: oneOf(word('handle', '*'), 1) }],
  ['include', { nsid: oneOf(isNsidByGrammar, 1), aud: oneOf(isServiceByGrammar, 0) }],
])

const PLAIN = new Set(['atproto', 'transition:generic', 'transition:chat.bsky', 'transition:email'])

/** Reads a scope by hand, as its grammar has it. */
export function readScope(token: string): ReadScope {
  if (!isToken(token)) return 'invalid'
  const end = [...token].findIndex((letter) => letter === ':' || letter === '?')
  const name = end < 0 ? token : token.slice(0, end)
  if (name === 'atproto' || name === 'transition') return PLAIN.has(token) ? 'plain' : 'invalid'
  const rules = RESOURCES.get(name)
  if (!rules) return 'unknown'
  const values = readValues(token.slice(name.length), Object.keys(rules)[0] ?? '')
  if (!values || [...values.keys()].some((key) => !Object.keys(rules).includes(key))) return 'invalid'
  for (const [key, { isRight, min, max }] of Object.entries(rules)) {
    const given = values.get(key) ?? []
    if (given.length < min || given.length > max || !given.every(isRight)) return 'invalid'
  }
  const isEverything = name === 'rpc' && values.get('lxm')?.includes('*') && values.get('aud')?.includes('*')
  return isEverything ? 'invalid' : values
}

function readValues(rest: string, first: string): ReadonlyMap<string, readonly string[]> | undefined {
  const mark = rest.indexOf('?')
  const positional = rest.startsWith(':') ? rest.slice(1, mark < 0 ? rest.length : mark) : undefined
  const query = mark < 0 ? '' : rest.slice(mark + 1)
  if (!hasWholeEscapes(rest) || !isPairs(query)) return undefined
  const values = new Map<string, readonly string[]>()
  for (const [name, value] of readQuery(query)) values.set(name, [...(values.get(name) ?? []), value])
  if (positional === undefined) return values
  const decoded = decodePositional(positional)
  if (values.has(first) || decoded === undefined) return undefined
  return values.set(first, [decoded])
}

function isToken(text: string): boolean {
  if (text === '') return false
  return [...text].every((letter) => letter > ' ' && letter < '\u007f' && letter !== '"' && letter !== '\\')
}

function hasWholeEscapes(text: string): boolean {
  return text
    .split('%')
    .slice(1)
    .every((part) => part.length >= 2 && isMadeOf(part.slice(0, 2), `${DIGITS}abcdefABCDEF`))
}

function isPairs(query: string): boolean {
  if (query === '') return true
  return query.split('&').every((pair) => {
    const name = pair.slice(0, Math.max(0, pair.indexOf('=')))
    return name !== '' && !name.includes('?')
  })
}

/** A positional value is no query: a plus sign is one. */
function decodePositional(text: string): string | undefined {
  const [[, value = ''] = []] = readQuery(`x=${text.replaceAll('+', '%2B').replaceAll('&', '%26')}`)
  return value.includes('\ufffd') ? undefined : value
}

/** An NSID: a domain name in reverse, and a name (NSID specification). */
export function isNsidByGrammar(text: string): boolean {
  const segments = text.split('.')
  const name = segments.at(-1) ?? ''
  if (text.length > 317 || segments.length < 3) return false
  if (!segments.every(isSegment) || DIGITS.includes(text.charAt(0))) return false
  return !name.includes('-') && !DIGITS.includes(name.charAt(0))
}

function isSegment(text: string): boolean {
  if (text.length < 1 || text.length > 63 || text.startsWith('-') || text.endsWith('-')) return false
  return isMadeOf(text, `${LETTERS}${DIGITS}-`)
}

/** A DID with the fragment of a service. */
function isServiceByGrammar(text: string): boolean {
  const mark = text.indexOf('#')
  const [did, fragment] = [text.slice(0, Math.max(mark, 0)), text.slice(mark + 1)]
  if (mark < 0 || fragment === '' || !hasWholeEscapes(fragment)) return false
  if (!isMadeOf(fragment, `${LETTERS}${DIGITS}-._~!$&'()*+,;=:@/?%`)) return false
  if (isDidPlcByGrammar(did)) return true
  if (!did.startsWith('did:web:')) return false
  const host = did.slice('did:web:'.length)
  if (host.startsWith('localhost%3A')) {
    const port = host.slice('localhost%3A'.length)
    return port.length <= 5 && isMadeOf(port, DIGITS) && isNumberIn(String(Number(port)), 0, 99_999) && port !== ''
  }
  const labels = host.split('.')
  return host.length <= 253 && labels.every(isSegment) && !DIGITS.includes(labels.at(-1)?.charAt(0) ?? '')
}

/** A type of media, with or without wildcards (RFC 9110 §12.5.1). */
function isMediaRangeByGrammar(text: string): boolean {
  if (text === '*/*') return true
  const [type = '', subtype = '', ...more] = text.split('/')
  return more.length === 0 && isWord(type) && (subtype === '*' || isWord(subtype))
}

function isWord(part: string): boolean {
  return part !== '' && !part.includes('*') && isMadeOf(part, TOKEN_CHARACTERS)
}
