import { type Flaw, PRIMARY_TYPES } from './check-structure.ts'
import { valueAt } from './problem.ts'
import { show } from '../errors/show.ts'

/** What is wrong with the name of a definition. */
export function* checkName(name: string, definition: unknown): Generator<Flaw> {
  const path = ['defs', name]
  const type = valueAt(definition, ['type'])
  if (!NAME.test(name)) {
    yield { path, expected: 'a name of letters, digits, - and _, a letter first', found: show(name) }
  }
  if (PRIMARY_TYPES.has(type) && name !== 'main') {
    yield { path, expected: `the name main for a ${String(type)}`, found: show(name) }
  }
}

/** As @atproto/api's own documents name them; a `#` or a `.` would make another reference. */
const NAME = /^[A-Za-z][\w-]*$/u
