import { wrongArgument } from '../errors/wrong-argument.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** What an option may hold, in words and as a check. */
export type OptionRule = readonly [expected: string, isRight: (value: unknown) => boolean]
export type OptionRules = Readonly<Record<string, OptionRule>>

const DID = /^did:[a-z]+:[\w.:%-]*[\w.-]$/
// One # and no blanks: the server refuses anything else, for each call anew.
const SERVICE = /^did:[a-z]+:[!-"$-~]+#[!-"$-~]+$/

// RFC 9110 §8.3.1, its parameters as anything that a header can hold.
const MEDIA_TYPE = /^[\w!#$%&'+.^`|~-]+\/[\w!#$%&'+.^`|~-]+[\t ]*(?:;[\t -~]*)?$/

const BOOLEAN: OptionRule = ['true or false', (value) => typeof value === 'boolean']
const COUNT: OptionRule = [
  'a whole number, 0 or more',
  (value) => Number.isSafeInteger(value) && Number(value) >= 0,
]
const MS: OptionRule = ['a time in ms, more than 0', (value) => typeof value === 'number' && value > 0]
const SIGNAL: OptionRule = ['an AbortSignal', (value) => value instanceof AbortSignal]

const RETRY: OptionRules = { limit: COUNT, procedures: BOOLEAN, longestWaitMs: MS }
const VALIDATOR = ['params', 'input', 'output', 'inputEncoding', 'outputEncoding']

const HEADERS: OptionRule = [
  'an object of strings',
  (value) => isJsonObject(value) && Object.values(value).every(isString),
]

/** The options of one call. */
export const CALL_OPTIONS: OptionRules = {
  params: ['an object', isJsonObject],
  input: ['an input', () => true],
  encoding: ['a media type such as image/png', (value) => isString(value) && MEDIA_TYPE.test(value)],
  as: ["'bytes' or 'stream'", (value) => value === 'bytes' || value === 'stream'],
  headers: HEADERS,
  signal: SIGNAL,
  timeoutMs: MS,
}

/** The settings that `with` takes. */
export const SETTINGS: OptionRules = {
  headers: HEADERS,
  proxy: [
    'a DID with the service behind one #, such as did:web:api.example.com#example_appview',
    (value) => isString(value) && SERVICE.test(value),
  ],
  labelers: ['an array of DIDs or of { did, redact }', (value) => Array.isArray(value) && value.every(isLabeler)],
  timeoutMs: MS,
  maxResponseBytes: COUNT,
  retry: ['an object', isJsonObject],
  validate: withMethods('a validator of atproof/lexicon', VALIDATOR),
}

/**
 * Refuses options of the wrong kind, as plain JavaScript can pass them, before anything is done with them.
 *
 * @throws TypeError that names the field and what was expected
 */
export function assertOptions(name: string, options: unknown, rules: OptionRules): void {
  if (!isJsonObject(options)) throw wrongArgument(name, 'an object', options)
  for (const [field, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined
    if (!rule) throw wrongArgument(name, `only ${Object.keys(rules).join(', ')}`, field)
    if (value !== undefined && !rule[1](value)) throw wrongArgument(field, rule[0], value)
  }
  if (rules['retry'] && options['retry'] !== undefined) assertOptions('retry', options['retry'], RETRY)
}

/** An object with these methods. */
export function withMethods(what: string, names: readonly string[]): OptionRule {
  const hasAll = (value: unknown) =>
    isJsonObject(value) && names.every((name) => typeof value[name] === 'function')
  return [`${what}: an object with ${names.join(', ')}`, hasAll]
}

function isLabeler(value: unknown): boolean {
  const { did, redact } = isJsonObject(value) ? value : { did: value }
  return isString(did) && DID.test(did) && (redact === undefined || typeof redact === 'boolean')
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}
