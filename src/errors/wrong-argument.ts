import { show } from './show.ts'

/** A mistake in the caller's own arguments: a TypeError that says what was expected and what came. */
export function wrongArgument(field: string, expected: string, found: unknown): TypeError {
  return new TypeError(`${field}: expected ${expected}, found ${show(found)}`)
}
