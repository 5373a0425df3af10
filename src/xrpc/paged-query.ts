import type { CallOptions } from './call-options.ts'
import type { MethodName, OutputOf, ParamsOf, Queries } from './registry.ts'

/** The keys of an object, or none where it can have any. */
type OwnKey<T> = string extends keyof T ? never : keyof T

/** A query of the registry whose parameters and output have a cursor. Most have none in their output, which is asked first. */
export type PagedQuery = {
  [N in keyof Queries]: Queries[N] extends { output: object }
    ? 'cursor' extends OwnKey<Queries[N]['output']>
      ? 'cursor' extends OwnKey<Queries[N]['params']>
        ? N
        : never
      : never
    : never
}[keyof Queries]

/** The fields of an object that are arrays. */
type ArrayField<T> = {
  [F in OwnKey<T>]-?: NonNullable<T[F]> extends readonly unknown[] ? F : never
}[OwnKey<T>]

/** Whether a type is a single one: not a union of several, and not none. */
type IsOne<T, All = T> = [T] extends [never]
  ? false
  : T extends unknown
    ? [All] extends [T]
      ? true
      : false
    : never

/** The arrays in a query's output, by their names. Those of an unregistered one can have any. */
export type ItemsField<N extends MethodName> = N extends keyof Queries ? ArrayField<OutputOf<N>> : string

/** What an array in a query's output holds. */
export type ItemOf<N extends MethodName, F = ItemsField<N>> = N extends keyof Queries
  ? F extends keyof OutputOf<N>
    ? NonNullable<OutputOf<N>[F]> extends readonly (infer Item)[]
      ? Item
      : never
    : never
  : unknown

/**
 * The options of a paged query. `params` may have a `cursor` to begin at. `items` names the array in the output whose
 * items are wanted, and may be left out where there is only one.
 */
export type PaginateOptions<N extends MethodName, F> = CallOptions &
  ({} extends ParamsOf<N> ? { readonly params?: ParamsOf<N> | undefined } : { readonly params: ParamsOf<N> }) &
  (N extends keyof Queries
    ? IsOne<ItemsField<N>> extends true
      ? { readonly items?: F | undefined }
      : { readonly items: F }
    : { readonly items?: F | undefined })
