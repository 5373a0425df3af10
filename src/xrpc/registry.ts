import type { Nsid } from '../syntax/nsid.ts'
import type {
  ComAtprotoDefinitions,
  ComAtprotoProcedures,
  ComAtprotoQueries,
  ComAtprotoRecords,
} from './com-atproto.ts'

/**
 * The queries that are known by their types. Extended by what `atproof types` writes:
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

/** The records that are known by their types, by collection. */
export interface Records extends ComAtprotoRecords {}

/** Everything else that lexicons define and name, as `com.example.defs#view`. */
export interface Definitions extends ComAtprotoDefinitions {}

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
export type ParamsOf<N extends MethodName> = Method<N> extends { params: infer P } ? P : never

/** The input that a procedure takes; `undefined` where it takes none. */
export type InputOf<N extends MethodName> = Method<N> extends { input: infer I } ? I : undefined

/** What a method gives. */
export type OutputOf<N extends MethodName> = Method<N> extends { output: infer O } ? O : undefined

/** The media type of what a method takes, where it is not JSON. */
export type InputEncodingOf<N extends MethodName> = Method<N> extends { inputEncoding: infer E } ? E : never

/** The media type of what a method gives, where it is not JSON. */
export type OutputEncodingOf<N extends MethodName> = Method<N> extends { outputEncoding: infer E } ? E : never

/** The errors of a method by their names: any, but that those of its lexicon complete. */
export type ErrorNameOf<N extends MethodName> = DeclaredErrorName<N> | (string & {})

/** The names of the errors that a method's lexicon declares, and of those that every method can answer with. */
export type DeclaredErrorName<N extends MethodName> =
  | (Method<N> extends { errors: infer E extends string } ? E : never)
  | 'InvalidRequest'
  | 'ExpiredToken'
  | 'InvalidToken'
  | 'AccountTakedown'
  | 'AccountDeactivated'

/** A record of a collection; that of an unregistered one can have any fields. */
export type RecordOf<C extends keyof Records | (string & {})> = C extends keyof Records
  ? Records[C]
  : { $type?: string; [field: string]: unknown }

/** What a lexicon defines under a name: `com.example.defs#view`, or the NSID alone where it is the main definition. */
export type TypeOf<T extends keyof Definitions | keyof Records> = T extends keyof Definitions
  ? Definitions[T]
  : T extends keyof Records
    ? Records[T]
    : never
