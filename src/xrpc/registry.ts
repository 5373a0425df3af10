import type { Nsid } from '../syntax/nsid.ts'
import type { ComAtprotoProcedures, ComAtprotoQueries } from './com-atproto.ts'

/**
 * The queries that are known by their types. Extended by generated code:
 *
 * @example
 * import type {} from 'atproof/registry'
 * declare module 'atproof/registry' {
 *   interface Queries {
 *     'com.example.getThings': { params: { limit?: number }; output: { things: string[] }; errors: 'TooMany' }
 *   }
 * }
 */
export interface Queries extends ComAtprotoQueries {}

/** The procedures that are known by their types. Extended like {@link Queries}, with an `input` beside. */
export interface Procedures extends ComAtprotoProcedures {}

/** A method that is not in the registry takes and gives what it will. */
interface UnknownMethod {
  params: Readonly<Record<string, ParamValue>>
  input: unknown
  output: unknown
  errors: never
}

/** What a query parameter can be. */
export type ParamValue = string | number | boolean | readonly (string | number | boolean)[] | undefined

/** A method by its name. */
type Method<N> = N extends keyof Queries ? Queries[N] : N extends keyof Procedures ? Procedures[N] : UnknownMethod

/** The name of a method: one of the registry, or one that `nsid()` has checked. */
export type MethodName = keyof Queries | keyof Procedures | Nsid

/** The parameters that a method takes. */
export type ParamsOf<N> = Method<N> extends { params: infer P } ? P : never

/** The input that a procedure takes; `undefined` where it takes none. */
export type InputOf<N> = Method<N> extends { input: infer I } ? I : undefined

/** What a method gives. */
export type OutputOf<N> = Method<N> extends { output: infer O } ? O : undefined

/** The names of the errors that a method's lexicon declares, and of those that every method can answer with. */
export type ErrorNameOf<N> =
  | (Method<N> extends { errors: infer E } ? E : never)
  | 'InvalidRequest'
  | 'ExpiredToken'
  | 'InvalidToken'
  | (string & {})
