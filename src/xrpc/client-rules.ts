import { type OptionRule, type OptionRules, SETTINGS, withMethods } from './assert-options.ts'

const FUNCTION: OptionRule = ['a function', (value) => typeof value === 'function']
const isString = (value: unknown) => typeof value === 'string'

/** What a client is made with. */
export const CLIENT_OPTIONS: OptionRules = {
  ...SETTINGS,
  session: withMethods('a session', ['send', 'refresh']),
  service: ['a string', isString],
  fetch: FUNCTION,
  clock: withMethods('a clock', ['now', 'monotonic', 'sleep']),
  random: FUNCTION,
  allowLoopback: ['an array of strings', (value) => Array.isArray(value) && value.every(isString)],
}
