/** How a value of a type is told from anything else: a check for each of its fields. */
export type Shape<T> = { readonly [Field in keyof T]-?: Check }

/** Whether a stored value can be what a field holds. */
export type Check = (value: unknown) => boolean

/** Whether a stored value has every field of a type. It may have more: a newer version wrote it. */
export function hasShape<T>(value: unknown, shape: Shape<T>): value is T {
  if (!isJsonObject(value)) return false
  return Object.entries<Check>(shape).every(([field, check]) => check(value[field]))
}

export const isText: Check = (value) => typeof value === 'string'
export const isNumber: Check = (value) => typeof value === 'number'
export const isBoolean: Check = (value) => typeof value === 'boolean'

/** Whether a value is a JSON object, neither an array nor null. */
export function isJsonObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field that may be missing. */
export function optional(check: Check): Check {
  return (value) => value === undefined || check(value)
}

/** A field that may be null. */
export function nullable(check: Check): Check {
  return (value) => value === null || check(value)
}

/** A field that holds one of these. */
export function oneOf(...values: readonly unknown[]): Check {
  return (value) => values.includes(value)
}
