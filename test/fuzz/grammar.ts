// The grammars of the specifications, recognised by hand: character by character, without a regular expression.

export const LOWER = 'abcdefghijklmnopqrstuvwxyz'
export const UPPER = LOWER.toUpperCase()
export const DIGITS = '0123456789'
export const LETTERS: string = LOWER + UPPER
export const TOKEN_CHARACTERS: string = `!#$%&'*+-.^_\`|~${DIGITS}${LETTERS}`

/** Whether a text is made of these characters alone. */
export function isMadeOf(text: string, characters: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (!characters.includes(text.charAt(at))) return false
  return true
}

/** Changes A to Z and nothing else. */
export function toAsciiLowerCase(text: string): string {
  let lower = ''
  for (const letter of text) lower += UPPER.includes(letter) ? LOWER.charAt(UPPER.indexOf(letter)) : letter
  return lower
}

/** A label of a host name (RFC 1035 §2.3.1, RFC 1123 §2.1), in lower case. */
export function isLabel(label: string): boolean {
  if (label.length < 1 || label.length > 63) return false
  if (label.startsWith('-') || label.endsWith('-')) return false
  return isMadeOf(label, `${LOWER}${DIGITS}-`)
}

/** The handle grammar: labels of a host name, two at least, the last not beginning with a digit. */
export function isHandleByGrammar(text: string): boolean {
  if (text.length > 253) return false
  const labels = text.split('.')
  const last = labels.at(-1) ?? ''
  return labels.length >= 2 && labels.every(isLabel) && !DIGITS.includes(last.charAt(0))
}

/** A number without leading zeros, within a range. */
export function isNumberIn(text: string, min: number, max: number): boolean {
  if (text === '' || text.length > 9 || !isMadeOf(text, DIGITS)) return false
  if (text.length > 1 && text.startsWith('0')) return false
  return Number(text) >= min && Number(text) <= max
}

/** The blanks around what somebody typed: white space and line ends of ECMAScript. */
export const BLANKS =
  '\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'

/** Takes blanks away from both ends. */
export function withoutBlanks(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && BLANKS.includes(text.charAt(start))) start += 1
  while (end > start && BLANKS.includes(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}

/** What a hostname of a did:web may be here: of the public internet, never one that no resolver is asked about. */
const RESERVED = new Set(['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion'])

/** Whether a host may be asked. `.test` is for development, as here. */
export function isPublicHost(host: string): boolean {
  return isHandleByGrammar(host) && !RESERVED.has(host.slice(host.lastIndexOf('.') + 1))
}

/** did:plc: 24 characters of base32. */
export function isDidPlcByGrammar(text: string): boolean {
  return text.length === 32 && text.startsWith('did:plc:') && isMadeOf(text.slice(8), `${LOWER}234567`)
}

/** The generic syntax of DIDs (DID Core §3.1), at most 2048 characters. */
export function isDidByGrammar(text: string): boolean {
  if (text.length > 2048 || !text.startsWith('did:')) return false
  const colon = text.indexOf(':', 4)
  if (colon < 5 || !isMadeOf(text.slice(4, colon), LOWER + DIGITS)) return false
  const id = text.slice(colon + 1)
  if (id === '' || id.endsWith(':')) return false
  for (let at = 0; at < id.length; at += 1) {
    if (id.charAt(at) === '%') {
      const digits = id.slice(at + 1, at + 3)
      if (digits.length !== 2 || !isMadeOf(digits, `${DIGITS}ABCDEF`)) return false
      at += 2
    } else if (!`${LETTERS}${DIGITS}.-_:`.includes(id.charAt(at))) return false
  }
  return true
}

/** Takes away from both ends what is not seen: blanks, and marks of the direction or width of zero. */
export function withoutUnseen(text: string): string {
  const letters = [...text]
  const first = letters.findIndex(isSeen)
  return first < 0 ? '' : letters.slice(first, letters.findLastIndex(isSeen) + 1).join('')
}

function isSeen(letter: string): boolean {
  return !BLANKS.includes(letter) && !/^\p{Cf}$/u.test(letter)
}
