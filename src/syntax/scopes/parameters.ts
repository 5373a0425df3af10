import type { ValueRule } from './values.ts'

/** A parameter of a scope that is missing, unknown or wrong. */
export class ScopeMistake extends Error {
  override readonly name = 'ScopeMistake'
  readonly field: string
  readonly expected: string
  readonly found: unknown

  constructor(field: string, expected: string, found: unknown) {
    super(`${field}: expected ${expected}`)
    this.field = field
    this.expected = expected
    this.found = found
  }
}

/** The values of each parameter, in the order in which they were given. */
export type ParameterValues = ReadonlyMap<string, readonly unknown[]>

/** Reads the parameters of a scope, each by its rule, and throws a {@link ScopeMistake} at the first that is wrong. */
export class ScopeParameters {
  readonly #values: ParameterValues

  /** @param names the parameters that the scope may have */
  constructor(values: ParameterValues, names: readonly string[]) {
    for (const name of values.keys()) {
      if (!names.includes(name)) throw new ScopeMistake('parameters', `only ${names.join(', ')}`, name)
    }
    this.#values = values
  }

  /** One value or more, each once. */
  list<Value extends string>(name: string, rule: ValueRule<Value>): Value[] {
    const values = this.optionalList(name, rule)
    if (!values) throw new ScopeMistake(name, rule.expected, undefined)
    return values
  }

  /** As `list`, or undefined where the parameter is not there. Nothing at all is not a list: it never means "all". */
  optionalList<Value extends string>(name: string, rule: ValueRule<Value>): Value[] | undefined {
    const values = this.#values.get(name)
    if (values?.length === 0) throw new ScopeMistake(name, rule.expected, values)
    return values && [...new Set(values.map((value) => check(name, rule, value)))]
  }

  /** Exactly one value. */
  one<Value extends string>(name: string, rule: ValueRule<Value>): Value {
    const value = this.optional(name, rule)
    if (value === undefined) throw new ScopeMistake(name, rule.expected, undefined)
    return value
  }

  /** One value at most. The same twice is not one. */
  optional<Value extends string>(name: string, rule: ValueRule<Value>): Value | undefined {
    const values = this.#values.get(name)
    if (!values) return undefined
    if (values.length !== 1) throw new ScopeMistake(name, `one value: ${rule.expected}`, values)
    return check(name, rule, values[0])
  }
}

function check<Value extends string>(name: string, rule: ValueRule<Value>, value: unknown): Value {
  if (typeof value !== 'string' || !rule.isRight(value)) throw new ScopeMistake(name, rule.expected, value)
  return value
}
