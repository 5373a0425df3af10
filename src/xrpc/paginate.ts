import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Did } from '../syntax/did.ts'
import { nsid, type Nsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertNames } from './assert-names.ts'
import type { CallOptions, XrpcResult } from './call-options.ts'
import type { XrpcClient } from './xrpc-client.ts'
import { refuseAnswer } from './refuse-answer.ts'
import type { ParamsOf } from './registry.ts'

const FIELD_NAME = /^[a-zA-Z][a-zA-Z0-9]{0,30}$/

/** The options of a paged query, whichever it is. */
export interface PagesOptions extends CallOptions {
  readonly params?: unknown
  readonly items?: unknown
}

/** One answer of a paged query, and what is in it. */
export interface Page<D extends Did | undefined> {
  readonly result: XrpcResult<unknown, D>
  readonly items: readonly unknown[]
}

/** The items of all pages, one by one. */
export async function* paginate<D extends Did | undefined>(
  client: XrpcClient<D>,
  name: string,
  options: PagesOptions,
): AsyncGenerator<unknown, void, undefined> {
  for await (const { items } of pages(client, name, options)) yield* items
}

/**
 * Asks for page after page, the next one only when it is wanted. An empty page is not the end: the end is a page without
 * a cursor.
 *
 * @throws XrpcError `response_invalid` where a cursor comes twice, which would go on for ever
 * @see https://atproto.com/specs/xrpc#cursors-and-pagination
 */
export async function* pages<D extends Did | undefined>(
  client: XrpcClient<D>,
  name: string,
  options: PagesOptions,
): AsyncGenerator<Page<D>, void, undefined> {
  assertNames(options, ['params', 'items'])
  const { params: given = {}, items, ...call } = options
  if (!isJsonObject(given)) throw wrongArgument('params', 'an object', given)
  if (items !== undefined && typeof items !== 'string') throw wrongArgument('items', 'the name of an array', items)
  const method = nsid(String(name))
  // What cannot be a parameter is refused where the parameters are written into the URL.
  const params = given as ParamsOf<Nsid>
  const isSeen = new Set([params.cursor])
  let newest = client
  let { cursor } = params
  let field = items
  do {
    const result = await newest.get(method, { ...call, params: { ...params, cursor } })
    const page = new PageReader(name, result)
    // Found once: a field that the server adds later on does not make it ambiguous.
    field ??= page.onlyArray()
    yield { result, items: page.items(field) }
    newest = result.client
    cursor = page.cursor()
    if (cursor !== undefined && isSeen.has(cursor)) throw page.refuse('cursor', 'one that did not come before')
    isSeen.add(cursor)
  } while (cursor !== undefined)
}

/** What stands in one answer. */
class PageReader<D extends Did | undefined> {
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
    throw this.refuse('body', 'one array', arrays.length, action)
  }

  items(field: string | undefined): readonly unknown[] {
    if (field === undefined) return []
    const items = this.#fields[field]
    if (Array.isArray(items)) return items
    throw this.refuse(field, 'an array', items)
  }

  /** The cursor to go on from; undefined at the end. */
  cursor(): string | undefined {
    const { cursor } = this.#fields
    // An empty one leads back to the beginning: the reference server takes it for none.
    if (cursor === undefined || cursor === '') return undefined
    if (typeof cursor === 'string') return cursor
    throw this.refuse('cursor', 'a string', cursor)
  }

  refuse(field: string, expected: string, found?: unknown, action?: string): Error {
    return refuseAnswer(this.#name, this.#result, { field, expected, found, ...(action && { action }) })
  }
}
