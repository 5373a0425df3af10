/** One challenge of a `WWW-Authenticate` header. Scheme and parameter names are in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** Blanks are the space and the tab: what else looks like one is a part of something that cannot be read. */
const SEPARATOR = /[ \t,]*/y
const SCHEME = new RegExp(`(${TOKEN})(?=[ \\t]|,|$)`, 'y')
/** RFC 9110 §5.6.4: no controls, escaped or not. */
const QUOTED = String.raw`"((?:[\t !#-[\]-~\x80-\uffff]|\\[\t -~\x80-\uffff])*)"`
const PARAMETER = new RegExp(`(${TOKEN})[ \\t]*=[ \\t]*(?:${QUOTED}|(${TOKEN}))(?=[ \\t,]|$)`, 'y')
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t,]|$)/y
const MAX_LENGTH = 8192

/**
 * Reads a `WWW-Authenticate` header: several challenges, quoted strings, names in any case. What cannot be read ends
 * the list, and what was read before it stands.
 *
 * @see RFC 9110 §11.6.1
 */
export function parseChallenges(header: string | null): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  if (header === null || header.length > MAX_LENGTH) return challenges
  const text = new Cursor(header)
  text.take(SEPARATOR)
  while (!text.isAtEnd) {
    const parameter = text.take(PARAMETER)
    const current = challenges.at(-1)
    if (parameter && current) {
      const [, name = '', quoted, token] = parameter
      const key = name.toLowerCase()
      // RFC 9110 §11.2: a name occurs once; the first one counts.
      if (!current.parameters.has(key)) {
        current.parameters.set(key, quoted?.replace(/\\(.)/gs, '$1') ?? token ?? '')
      }
    } else {
      const scheme = parameter ? null : text.take(SCHEME)
      if (!scheme) return challenges
      challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: new Map() })
      if (text.take(/[ \t]+/y) && !text.sees(PARAMETER)) text.take(TOKEN68)
    }
    text.take(SEPARATOR)
  }
  return challenges
}

/** The `error` of the first challenge of this scheme that has one. */
export function challengeError(header: string | null, scheme: string): string | undefined {
  return parseChallenges(header)
    .find((challenge) => challenge.scheme === scheme && challenge.parameters.has('error'))
    ?.parameters.get('error')
}

/** A place in a text, moved on by sticky expressions. */
class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length
  }

  take(pattern: RegExp): RegExpExecArray | null {
    const found = this.#match(pattern)
    if (found) this.#at += found[0].length
    return found
  }

  sees(pattern: RegExp): boolean {
    return this.#match(pattern) !== null
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)
  }
}
