import type { RateLimit } from '../errors/xrpc-error.ts'
import type { Did } from '../syntax/did.ts'
import type { ResponseStream } from '../syntax/platform.ts'
import type { BodyInput } from './body.ts'
import type { XrpcClient } from './xrpc-client.ts'
import type { InputEncodingOf, InputOf, MethodName, OutputEncodingOf, OutputOf, ParamsOf } from './registry.ts'

/** Options of one call. */
export interface CallOptions {
  /** Headers for this call, over those of the client. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Ends the call wherever it is, and a stream that it gave: both fail with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Time for this call in all, in ms; of a stream until it begins. @default that of the client */
  readonly timeoutMs?: number | undefined
}

/** How an answer is given that is not to be read as JSON. */
export type AnswerForm = 'bytes' | 'stream'

/** The parameters of a method: they may be left out where none is required. */
type ParamsOption<N extends MethodName> =
  {} extends ParamsOf<N>
    ? { readonly params?: OptionalParams<ParamsOf<N>> | undefined }
    : { readonly params: ParamsOf<N> }

/** Where there are none, one that is given is to be undefined: a complaint about `never` tells nobody why. */
type OptionalParams<Params> =
  Params extends Record<string, never> ? { readonly [name: string]: undefined } : Params

/** How the answer is to be given, which must be said where the method's output is not JSON. */
type FormOption<N extends MethodName, As> = [OutputEncodingOf<N>] extends [never]
  ? {
      /** All bytes of the answer, or a stream of them, whatever they are. @default JSON */
      readonly as?: As | undefined
    }
  : {
      /** All bytes of the answer, or a stream of them: it is not JSON. */
      readonly as: (As & AnswerForm) | (undefined extends As ? AnswerForm : never)
    }

/** What a procedure takes: JSON, or where its input is something else, that as it is. */
type InputOption<N extends MethodName> = [InputEncodingOf<N>] extends [never]
  ? undefined extends InputOf<N>
    ? { readonly input?: InputOf<N> | undefined } & EncodingOption<InputOf<N>>
    : { readonly input: InputOf<N> }
  : BodyInput

/** Of a method that is not registered, nobody knows what it takes. */
type EncodingOption<Input> = unknown extends Input ? Pick<BodyInput, 'encoding'> : {}

/** The options of a query: `params` may be left out where none is required. */
export type QueryOptions<N extends MethodName, As = AnswerForm | undefined> = CallOptions &
  ParamsOption<N> &
  FormOption<N, As>

/** The options of a procedure. */
export type ProcedureOptions<N extends MethodName, As = AnswerForm | undefined> = QueryOptions<N, As> &
  InputOption<N>

/** What a call gives, in the form that was asked for. */
export type DataOf<N extends MethodName, As> = As extends 'bytes'
  ? Uint8Array<ArrayBuffer>
  : As extends 'stream'
    ? ResponseStream
    : OutputOf<N>

/** What a call gives. */
export interface XrpcResult<Data, D extends Did | undefined> {
  readonly data: Data
  readonly status: number
  readonly headers: Headers
  /** How many calls are left, where the server says so. */
  readonly rateLimit: RateLimit | undefined
  /** The same client over the session as it is now: the same object while nothing changed. */
  readonly client: XrpcClient<D>
}

/** Leaves out options that have nothing required in them. */
export type OptionsArgument<Options> = {} extends Options ? [options?: Options] : [options: Options]
