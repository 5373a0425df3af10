import { wrongArgument } from '../errors/wrong-argument.ts'
import type { Did } from '../syntax/did.ts'
import { nsid, type Nsid } from '../syntax/nsid.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { assertNames } from './assert-names.ts'
import type { CallOptions, XrpcResult } from './call-options.ts'
import { PageReader } from './page-reader.ts'
import type { XrpcClient } from './xrpc-client.ts'
import type { ParamsOf } from './registry.ts'

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
    cursor = page.nextCursor(isSeen)
  } while (cursor !== undefined)
}
