import { wrongArgument } from '../errors.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** What a field of an app's options may hold, in words and as a check. */
export type OptionRule = readonly [expected: string, isRight: (value: unknown) => boolean]

export const TEXT: OptionRule = ['a string', (value) => typeof value === 'string']
export const FUNCTION: OptionRule = ['a function', (value) => typeof value === 'function']
export const OBJECT: OptionRule = ['an object', isJsonObject]
export const LIST: OptionRule = ['an array', (value) => Array.isArray(value)]
export const TEXTS: OptionRule = [
  'an array of strings',
  (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
]

export const TEXT_OR_TEXTS: OptionRule = [
  'a string or an array of strings',
  (value) => TEXT[1](value) || TEXTS[1](value),
]

/** An object with these methods. */
export function withMethods(...names: readonly string[]): OptionRule {
  const hasAll = (value: unknown) =>
    isJsonObject(value) && names.every((name) => typeof value[name] === 'function')
  return [`an object with ${names.join(', ')}`, hasAll]
}

/**
 * Refuses options of the wrong kind, as plain JavaScript can pass them, before anything is done with them.
 *
 * @throws TypeError that names the field, what was expected and what came
 */
export function assertOptions(name: string, options: unknown, rules: Readonly<Record<string, OptionRule>>): void {
  if (!isJsonObject(options)) throw wrongArgument(name, 'an object', options)
  for (const [field, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, field) ? rules[field] : undefined
    if (!rule) throw wrongArgument(name, `only ${Object.keys(rules).join(', ')}`, field)
    const [expected, isRight] = rule
    if (value !== undefined && !isRight(value)) throw wrongArgument(field, expected, value)
  }
}
