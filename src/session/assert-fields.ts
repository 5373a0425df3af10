import { assertOption, OBJECT, type OptionRule, wrongKind } from '../flow/assert-options.ts'
import { isJsonObject } from '../syntax/shape.ts'

/** What each field of a value must be, in words and as a check. */
export type FieldRules<T> = { readonly [Field in keyof T]-?: OptionRule }

/**
 * Refuses a value whose fields are not what they must be. It may have more.
 *
 * @throws TypeError that names the first wrong field and what was expected, and shows nothing of what came
 */
export function assertFields<T>(name: string, value: unknown, rules: FieldRules<T>): asserts value is T {
  if (!isJsonObject(value)) throw wrongKind(name, OBJECT[0], value)
  for (const [field, rule] of Object.entries<OptionRule>(rules)) {
    assertOption(`${name}.${field}`, value[field], rule)
  }
}
