import { isJsonObject } from '../syntax/shape.ts'
import type { Definitions, Records, TypeOf } from './registry.ts'

type Named = Definitions & Records

/** The name of an object or record of the registry: what a `$type` can be. */
export type TypeName = { [T in keyof Named]: Named[T] extends object ? T : never }[keyof Named]

/**
 * Narrows a value by its `$type`: one of an open union, of a record's field, or any at all. Nothing else of the value is
 * looked at; a validator does that. A `#main`, which some servers add to the name of a main definition, is passed over.
 *
 * @example
 * if (isType(post.embed, 'app.bsky.embed.images')) show(post.embed.images)
 * @see https://atproto.com/specs/lexicon#union
 */
export function isType<T extends TypeName>(value: unknown, type: T): value is TypeOf<T> & { readonly $type: T } {
  if (!isJsonObject(value) || typeof value.$type !== 'string') return false
  return withoutMain(value.$type) === withoutMain(type)
}

function withoutMain(type: string): string {
  return type.replace(/^([^#]+)#main$/, '$1')
}
