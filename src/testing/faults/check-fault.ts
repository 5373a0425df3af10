import type { Fault } from './faults.ts'

/** The key that says what kind of fault one is. Where two could, the earlier of this list does. */
const KINDS = [
  'respond',
  'redirect',
  'status',
  'refuse',
  'lose',
  'hang',
  'delay',
  'alter',
  'body',
  'json',
  'set',
  'omit',
  'nonce',
  'challenge',
  'rotation',
  'tokenCheck',
  'txt',
] as const

export type FaultKind = (typeof KINDS)[number]

/** What a value has to be, in words and as a check. */
interface Rule {
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
}

type Rules = Readonly<Record<string, Rule>>

const FUNCTION: Rule = { expected: 'a function', accepts: (value) => typeof value === 'function' }
const OBJECT: Rule = { expected: 'an object', accepts: isObject }
const TEXT: Rule = { expected: 'a string', accepts: (value) => typeof value === 'string' }
const NAME: Rule = { expected: 'a name', accepts: (value) => typeof value === 'string' && value !== '' }
const SWITCH: Rule = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' }
const LOCATION: Rule = { expected: 'a URL', accepts: (value) => value instanceof URL || NAME.accepts(value) }
const HEADERS: Rule = {
  expected: 'names and values of headers',
  accepts: (value) => isObject(value) && areHeaders(value),
}
const MILLISECONDS: Rule = { expected: 'a number of ms from 0', accepts: (value) => isFiniteFrom(0, value) }
const STATUS: Rule = {
  expected: 'a status from 200 to 599',
  accepts: (value) => Number.isInteger(value) && isFiniteFrom(200, value) && Number(value) < 600,
}
const RECORDS: Rule = {
  expected: 'a list of records, each a list of its chunks',
  accepts: (value) => isListOf(value, (record) => isListOf(record, TEXT.accepts)),
}

const TARGET: Rules = {
  path: {
    expected: 'a path such as /xrpc/com.example.get, a URL without its query, _atproto.<handle>, or a RegExp',
    accepts: (value) => value instanceof RegExp || (typeof value === 'string' && canMatch(value)),
  },
  times: optional({
    expected: 'a whole number from 0, or Infinity',
    accepts: (value) => value === Infinity || (Number.isInteger(value) && isFiniteFrom(0, value)),
  }),
  when: optional(FUNCTION),
}
const ANSWER: Rules = { ...TARGET, skipChallenges: optional(SWITCH) }

/** What belongs to each kind of fault. */
const RULES: Readonly<Record<FaultKind, Rules>> = {
  respond: { ...TARGET, respond: FUNCTION },
  redirect: { ...TARGET, redirect: LOCATION, status: optional(oneOf(301, 302, 303, 307, 308)) },
  status: { ...TARGET, status: STATUS, headers: optional(HEADERS), body: optional(TEXT) },
  refuse: { ...TARGET, refuse: oneOf(true) },
  lose: { ...ANSWER, lose: oneOf('request', 'answer') },
  hang: { ...ANSWER, hang: oneOf('request', 'answer', 'body') },
  delay: { ...ANSWER, delay: oneOf('request', 'answer'), ms: MILLISECONDS },
  alter: { ...ANSWER, alter: FUNCTION },
  body: { ...ANSWER, body: oneOf('html', 'empty', 'cut-off', 'half', 'huge', 'array', 'text') },
  json: { ...ANSWER, json: FUNCTION },
  set: { ...ANSWER, set: OBJECT },
  omit: { ...ANSWER, omit: NAME },
  nonce: { ...TARGET, nonce: oneOf('missing', 'wrong', 'stale') },
  challenge: { ...TARGET, challenge: oneOf('several', 'unquoted', 'capitals') },
  rotation: { ...ANSWER, rotation: oneOf('fails') },
  tokenCheck: { ...TARGET, tokenCheck: oneOf('fails') },
  txt: { ...TARGET, txt: RECORDS },
}

/**
 * Says of what kind a fault is.
 *
 * @throws TypeError for anything that is none, so that a slip of the pen is not a fault that never strikes
 */
export function checkFault(fault: Fault): FaultKind {
  if (!isObject(fault)) throw new TypeError(`fault: expected an object, found ${describe(fault)}`)
  const given = new Map(Object.entries(fault).filter(([, value]) => value !== undefined))
  const kind = KINDS.find((name) => given.has(name))
  if (!kind) throw new TypeError(`fault: expected one of ${KINDS.join(', ')}; found ${list(given.keys())}`)
  const rules = RULES[kind]
  const stranger = [...given.keys()].find((name) => !Object.hasOwn(rules, name))
  if (stranger !== undefined) {
    throw new TypeError(`fault: expected ${list(Object.keys(rules))} for ${kind}; found ${stranger}`)
  }
  for (const [name, { expected, accepts }] of Object.entries(rules)) {
    const value = given.get(name)
    if (!accepts(value)) throw new TypeError(`fault.${name}: expected ${expected}, found ${describe(value)}`)
  }
  return kind
}

function optional({ expected, accepts }: Rule): Rule {
  return { expected, accepts: (value) => value === undefined || accepts(value) }
}

function oneOf(...values: readonly unknown[]): Rule {
  return { expected: values.map(describe).join(' or '), accepts: (value) => values.includes(value) }
}

/** A query is never compared, and what begins with no slash is a whole URL or a name. */
function canMatch(path: string): boolean {
  if (path === '' || /[?#]/.test(path)) return false
  return path.startsWith('/') || path.startsWith('_') || URL.canParse(path)
}

function areHeaders(value: object): boolean {
  try {
    return new Headers(Object.entries(value)) instanceof Headers
  } catch {
    return false // The rule says so in its own words.
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isFiniteFrom(least: number, value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= least
}

function isListOf(value: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(accepts)
}

function list(names: Iterable<string>): string {
  return [...names].join(', ') || 'nothing'
}

function describe(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'object' || typeof value === 'function'
    ? `${value === null ? null : typeof value}`
    : String(value)
}
