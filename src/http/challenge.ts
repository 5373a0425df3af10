/** One challenge of a `WWW-Authenticate` header. Scheme and parameter names are in lower case. */
export interface Challenge {
  readonly scheme: string
  readonly parameters: ReadonlyMap<string, string>
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
/** RFC 9110 §5.6.4: no controls, escaped or not. */
const QUOTED = String.raw`"((?:[\t !#-[\]-~\x80-\uffff]|\\[\t -~\x80-\uffff])*)"`
/** Blanks are the space and the tab: what else looks like one is a part of something that cannot be read. */
const END = '(?=[ \\t,]|$)'
const PARAMETER = `(${TOKEN})[ \\t]*=[ \\t]*(?:${QUOTED}|(${TOKEN}))${END}`
const TOKEN68 = `[ \\t]+(?!${PARAMETER})[A-Za-z0-9._~+/-]+=*${END}`
const PART = new RegExp(`[ \\t,]*(?:${PARAMETER}|(${TOKEN})${END}(?:${TOKEN68})?)`, 'gy')
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
  for (const [, name = '', quoted, token, scheme] of header.matchAll(PART)) {
    const parameters = challenges.at(-1)?.parameters
    const key = name.toLowerCase()
    if (scheme) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() })
    else if (!parameters) return challenges
    // RFC 9110 §11.2: a name occurs once; the first one counts.
    else if (!parameters.has(key)) parameters.set(key, quoted?.replace(/\\(.)/gs, '$1') ?? token ?? '')
  }
  return challenges
}

/** The `error` of the first challenge of this scheme that has one. */
export function challengeError(header: string | null, scheme: string): string | undefined {
  return parseChallenges(header)
    .find((challenge) => challenge.scheme === scheme && challenge.parameters.has('error'))
    ?.parameters.get('error')
}
