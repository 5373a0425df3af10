import { wrongArgument } from '../errors/wrong-argument.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** What a field of an app's options may hold, in words and as a check. */
export type OptionRule = readonly [expected: string, isRight: (value: unknown) => boolean]

export const TEXT: OptionRule = ['a string', (value) => typeof value === 'string']
export const NUMBER: OptionRule = ['a number', (value) => typeof value === 'number']
export const BOOLEAN: OptionRule = ['true or false', (value) => typeof value === 'boolean']
export const SIGNAL: OptionRule = ['an AbortSignal', (value) => value instanceof AbortSignal]
export const FUNCTION: OptionRule = ['a function', (value) => typeof value === 'function']
export const OBJECT: OptionRule = ['an object', isJsonObject]
export const TEXTS: OptionRule = [
  'an array of strings',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
]

export const TEXT_OR_TEXTS: OptionRule = [
  'a string or an array of strings',
  (value) => TEXT[1](value) || TEXTS[1](value),
]

/** What comes from an environment variable, and as text more often than not. */
export const KEYS: OptionRule = [
  'an array of JWKs (JSON.parse it, where it comes as text)',
  (value) => Array.isArray(value),
]
export const SEAL_KEYS: OptionRule = ['an array of strings, even for one', TEXTS[1]]

/** What may be left out. */
export function optional([expected, isRight]: OptionRule): OptionRule {
  return [expected, (value) => value === undefined || isRight(value)]
}

/** An object with these methods. */
export function withMethods(...names: readonly string[]): OptionRule {
  const hasAll = (value: unknown) =>
    isJsonObject(value) && names.every((name) => typeof value[name] === 'function')
  return [`an object with ${names.join(', ')}`, hasAll]
}

/**
 * Refuses options of the wrong kind, as plain JavaScript can pass them, before anything is done with them.
 *
 * @throws TypeError that names the field, what was expected and the kind of what came
 */
export function assertOptions(name: string, options: unknown, rules: Readonly<Record<string, OptionRule>>): void {
  if (!isJsonObject(options)) throw wrongKind(name, 'an object', options)
  for (const [field, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined
    if (!rule) throw wrongArgument(name, `only ${Object.keys(rules).join(', ')}`, wordOf(field))
    if (value !== undefined) assertOption(field, value, rule)
  }
}

/**
 * Refuses one option of the wrong kind, or one that is missing and must not be.
 *
 * @throws TypeError that names the field, what was expected and the kind of what came
 */
export function assertOption(field: string, value: unknown, [expected, isRight]: OptionRule): void {
  if (!isRight(value)) throw wrongKind(field, expected, value)
}

/** As `wrongArgument`, for what is of the wrong kind: it says which, and nothing of the value, which may be a secret. */
export function wrongKind(field: string, expected: string, value: unknown): TypeError {
  const kind = kindOf(value)
  // Not as a quotation: that is how a text is shown that somebody wrote.
  return typeof kind === 'string'
    ? new TypeError(`${field}: expected ${expected}, found ${kind}`)
    : wrongArgument(field, expected, kind)
}

/** The kind of a value that would be shown as it is. Of any other an error shows no more than that anyway. */
export function kindOf(value: unknown): unknown {
  const type = typeof value
  return type === 'string' || type === 'number' || type === 'bigint' ? `a ${type}` : value
}

/** One of a few words as it came: nothing as short as this is a secret. Anything else by its kind. */
export function wordOf(value: unknown): unknown {
  return typeof value === 'string' && /^[\w-]{0,18}$/.test(value) ? value : kindOf(value)
}
