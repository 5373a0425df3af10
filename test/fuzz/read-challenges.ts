import type { PlainChallenge } from './challenge-grammar.ts'
import { DIGITS, LETTERS, toAsciiLowerCase, TOKEN_CHARACTERS } from './grammar.ts'

const BLANK = ' \t'
const TOKEN68_CHARACTERS = `${LETTERS}${DIGITS}-._~+/`

/**
 * Reads a `WWW-Authenticate` header by recursive descent, character by character. It forgives what the parser says that
 * it forgives: a missing comma between two parameters, and something unreadable at the end.
 */
export function readChallenges(header: string): readonly PlainChallenge[] {
  const challenges: { scheme: string; parameters: [string, string][] }[] = []
  let at = skip(header, 0, `${BLANK},`)
  while (at < header.length) {
    const current = challenges.at(-1)
    const parameter = readParameter(header, at)
    if (parameter && !current) return challenges
    if (parameter && current) {
      const { key, value, end } = parameter
      if (!current.parameters.some(([known]) => known === key)) current.parameters.push([key, value])
      at = end
    } else {
      const end = skip(header, at, TOKEN_CHARACTERS)
      if (end === at || !isEnd(header, end)) return challenges
      challenges.push({ scheme: toAsciiLowerCase(header.slice(at, end)), parameters: [] })
      at = skipToken68(header, end)
    }
    at = skip(header, at, `${BLANK},`)
  }
  return challenges
}

function readParameter(text: string, start: number): { key: string; value: string; end: number } | undefined {
  const nameEnd = skip(text, start, TOKEN_CHARACTERS)
  const equals = skip(text, nameEnd, BLANK)
  if (nameEnd === start || text.charAt(equals) !== '=') return undefined
  const valueAt = skip(text, equals + 1, BLANK)
  const found = text.charAt(valueAt) === '"' ? readQuoted(text, valueAt + 1) : readToken(text, valueAt)
  if (!found || !isEnd(text, found.end)) return undefined
  return { key: toAsciiLowerCase(text.slice(start, nameEnd)), ...found }
}

function readToken(text: string, start: number): { value: string; end: number } | undefined {
  const end = skip(text, start, TOKEN_CHARACTERS)
  return end === start ? undefined : { value: text.slice(start, end), end }
}

function readQuoted(text: string, start: number): { value: string; end: number } | undefined {
  let value = ''
  for (let at = start; at < text.length; at += 1) {
    const letter = text.charAt(at)
    if (letter === '"') return { value, end: at + 1 }
    if (letter === '\\') at += 1
    if (at >= text.length || !isQuotable(text.charAt(at))) return undefined
    value += text.charAt(at)
  }
  return undefined
}

/** HTAB, SP, VCHAR, obs-text: no controls. */
function isQuotable(letter: string): boolean {
  return letter === '\t' || (letter >= ' ' && letter !== '\u007f')
}

/** A token68 stands behind a scheme, where a parameter does not. */
function skipToken68(text: string, schemeEnd: number): number {
  const start = skip(text, schemeEnd, BLANK)
  if (start === schemeEnd || readParameter(text, start)) return start
  const end = skip(text, skip(text, start, TOKEN68_CHARACTERS), '=')
  return end > start && TOKEN68_CHARACTERS.includes(text.charAt(start)) && isEnd(text, end) ? end : start
}

function skip(text: string, start: number, characters: string): number {
  let at = start
  while (at < text.length && characters.includes(text.charAt(at))) at += 1
  return at
}

function isEnd(text: string, at: number): boolean {
  return at >= text.length || `${BLANK},`.includes(text.charAt(at))
}
