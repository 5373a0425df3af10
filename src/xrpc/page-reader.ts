import type { Did } from '../syntax/did.ts'
import { isJsonObject } from '../syntax/shape.ts'
import type { XrpcResult } from './call-options.ts'
import { refuseAnswer } from './refuse-answer.ts'

const FIELD_NAME = /^[a-zA-Z][a-zA-Z0-9]{0,30}$/

/** What stands in one answer of a paged query. */
export class PageReader<D extends Did | undefined> {
  readonly #name: string
  readonly #result: XrpcResult<unknown, D>
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(name: string, result: XrpcResult<unknown, D>) {
    this.#name = name
    this.#result = result
    this.#fields = isJsonObject(result.data) ? result.data : {}
  }

  /** The name of the only array; undefined where there is none: an optional one that is empty may be left out. */
  onlyArray(): string | undefined {
    const arrays = Object.keys(this.#fields).filter((field) => Array.isArray(this.#fields[field]))
    if (arrays.length < 2) return arrays[0]
    // Of what a server chose only short names are told: anything longer may be what it was sent.
    const names = arrays.filter((name) => FIELD_NAME.test(name)).join(', ')
    const action = `name the one whose items you want in \`items\`: ${names}`
    throw this.#refuse('body', 'one array', arrays.length, action)
  }

  items(field: string | undefined): readonly unknown[] {
    if (field === undefined) return []
    const items = this.#fields[field]
    if (Array.isArray(items)) return items
    throw this.#refuse(field, 'an array', items)
  }

  /**
   * The cursor to go on from; undefined at the end.
   *
   * @param seen those that came before, to which it is added: one that comes twice would go on for ever
   */
  nextCursor(seen: Set<unknown>): string | undefined {
    const { cursor } = this.#fields
    // An empty one leads back to the beginning: the reference server takes it for none.
    if (cursor === undefined || cursor === '') return undefined
    if (typeof cursor !== 'string') throw this.#refuse('cursor', 'a string', cursor)
    if (seen.has(cursor)) throw this.#refuse('cursor', 'one that did not come before')
    seen.add(cursor)
    return cursor
  }

  #refuse(field: string, expected: string, found?: unknown, action?: string): Error {
    return refuseAnswer(this.#name, this.#result, { field, expected, found, ...(action && { action }) })
  }
}
