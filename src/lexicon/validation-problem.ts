/** A thread of a thousand replies has a path of its own length. */
const LONGEST_FIELD = 300

/** What does not fit, as the walkers over a value throw it: where, what belongs there, and what stands there. */
export class InvalidValue extends Error {
  readonly field: string
  readonly expected: string
  readonly found: unknown

  constructor(field: string, expected: string, found: unknown) {
    super(expected)
    this.field = field.length > LONGEST_FIELD ? `${field.slice(0, 100)}…${field.slice(-100)}` : field
    this.expected = expected
    this.found = found
  }
}

/** The path of a field: `input.record.text`, `input.writes[0]`, `input["odd name"]`. */
export function fieldAt(parent: string, key: string | number): string {
  if (typeof key === 'number') return `${parent}[${key}]`
  return PLAIN_KEY.test(key) ? `${parent}.${key}` : `${parent}[${quoteKey(key)}]`
}

/**
 * What of a value may be told: a text only where it is no secret, since an input can hold a password. Where the length
 * of a text is wrong, its length is told.
 */
export function told(value: unknown): unknown {
  return typeof value === 'string' ? '…' : value
}

/** What of a value an error may keep: an object only by what it is, since an output can hold tokens. */
export function kept(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
}

const PLAIN_KEY = /^[\w$-]{1,64}$/
const LONGEST_KEY = 64

/** A key that somebody else may have chosen: shortened, and what is not seen of it as JSON would escape it. */
function quoteKey(key: string): string {
  const start = key.length > LONGEST_KEY ? `${key.slice(0, LONGEST_KEY)}…` : key
  return JSON.stringify(start).replaceAll(
    /[^ -~…]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
