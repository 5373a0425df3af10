import type { Clock } from '../http/clock.ts'
import type { Random } from '../http/random.ts'
import type { Did } from '../syntax/did.ts'
import type { Nsid } from '../syntax/nsid.ts'
import type { BlobBody, BlobData, GetBlobOptions, LegacyBlobRef, UploadBlobOptions } from './blobs.ts'
import { type Call, type Caller, callMethod, withParts } from './call.ts'
import type {
  AnswerForm,
  DataOf,
  OptionsArgument,
  ProcedureOptions,
  QueryOptions,
  XrpcResult,
} from './call-options.ts'
import type { ClientSettings } from './client-settings.ts'
import type { BlobRef } from './data-model.ts'
import type { ItemOf, ItemsField, PagedQuery, PaginateOptions } from './paged-query.ts'
import { RecordCollection } from './records.ts'
import type { MethodName, OutputOf, Procedures, Queries, Records } from './registry.ts'
import type { CallParts } from './load-call-parts.ts'
import type { ServiceAuthOptions, ServiceToken } from './service-auth.ts'
import type { Session, SessionInfoOf } from './session.ts'
import type { XrpcClient } from './xrpc-client.ts'

/** Options of a client over a session. */
export interface SessionOptions<D extends Did | undefined> extends ClientSettings {
  readonly session: Session<D>
  readonly clock?: Clock | undefined
  /** Spreads the calls that are sent again. @default the runtime's */
  readonly random?: Random | undefined
}

/**
 * Calls XRPC methods, typed by the registry. An immutable value: `with` gives a changed copy, and each result carries
 * the client over the session as it then is. Every client of a session sends its newest tokens, so that an old one is
 * never wrong. What a usual call that goes well does not need (records, pages, blobs, settings, errors) is a part of its
 * own, which a page loads.
 *
 * @typeParam D the account's DID; `undefined` for a client without a session
 */
export class Client<D extends Did | undefined = Did> {
  /** What the class is called outside. */
  static readonly name: string = 'XrpcClient'
  /** The account that calls are made for. */
  readonly did: D
  /**
   * `(path, init) => Promise<Response>`: a fetch with this client's authority, for other libraries to build on. Any answer
   * is given as it came: nothing is sent again but what the session itself asks for (a nonce, a refreshed token), no
   * size is limited and nothing checked. The client's headers, `proxy`, `labelers` and `timeoutMs` hold, the last until
   * the answer begins. Of `init`, `method`, `headers`, `body` and `signal` are used.
   *
   * A body that is a stream can be sent once: where the server asks for it again, its 401 is the answer.
   *
   * @param path on the session's server: `/xrpc/com.example.getThings?limit=10`
   * @throws TypeError for a path that leads elsewhere, and for headers that HTTP does not allow, before anything is sent
   * @throws NetworkError, with `redirected` for a redirect, which is not followed
   * @throws SessionError, StorageError; the signal's reason once it has aborted
   */
  readonly fetchHandler: (path: string, init?: RequestInit) => Promise<Response>
  readonly #caller: Caller<D, XrpcClient<D>>

  constructor(rules: Omit<Caller<D, unknown>, 'over'>) {
    const { session } = rules
    const over = (next: Session<D>) => (next === session ? this : new Client({ ...rules, session: next }))
    this.#caller = { ...rules, over }
    this.did = session.did
    this.fetchHandler = async (path, init = {}) =>
      withParts(this.#caller, init.signal, (parts, settings) =>
        parts.fetchAs(this.#caller, { path, init, settings }),
      )
  }

  /** What was known of the session, without its secrets, when this client came to be: `result.client` has it newer. */
  get session(): SessionInfoOf<D> {
    return this.#caller.session.info
  }

  /**
   * Calls a query.
   *
   * @param nsid a query of the registry; any other one is named with `nsid('com.example.getThing')`
   *
   * @example
   * const { data } = await client.get('com.atproto.repo.listRecords', { params: { repo: client.did, collection } })
   * @throws TypeError for options that cannot be sent, before anything is
   * @throws XrpcError `error_response`, with `retryAt` where the server wants the call later; `response_invalid`
   * @throws SessionError, NetworkError, StorageError; the signal's reason once it has aborted
   * @see https://atproto.com/specs/xrpc
   */
  get<N extends keyof Queries | Nsid, As extends AnswerForm | undefined = undefined>(
    nsid: N,
    ...[options]: OptionsArgument<QueryOptions<N, As>>
  ): Promise<XrpcResult<DataOf<N, As>, D>> {
    return this.#call(nsid, 'GET', options ?? {})
  }

  /**
   * Calls a procedure.
   *
   * @param nsid a procedure of the registry; any other one is named with `nsid('com.example.doThing')`
   *
   * @example
   * await client.post('com.atproto.repo.createRecord', { input: { repo: client.did, collection, record } })
   * @throws TypeError for options that cannot be sent, before anything is
   * @throws XrpcError `error_response`, with `retryAt` where the server wants the call later; `response_invalid`
   * @throws SessionError, NetworkError, StorageError; the signal's reason once it has aborted
   * @see https://atproto.com/specs/xrpc
   */
  post<N extends keyof Procedures | Nsid, As extends AnswerForm | undefined = undefined>(
    nsid: N,
    ...[options]: OptionsArgument<ProcedureOptions<N, As>>
  ): Promise<XrpcResult<DataOf<N, As>, D>> {
    return this.#call(nsid, 'POST', options ?? {})
  }

  /**
   * The records of a collection, to be created, written, read, deleted and listed.
   *
   * @param collection one of the registry; any other one is named with `nsid('com.example.thing')`
   *
   * @example
   * const { data } = await client.records('com.example.note').create({ text: 'hello' })
   * for await (const { uri, value } of client.records('com.example.note').list()) console.log(uri, value.text)
   * @throws TypeError for what is no NSID
   */
  records<C extends keyof Records | Nsid>(collection: C): RecordCollection<C, D> {
    return new RecordCollection(this, collection, this.#caller.load)
  }

  /**
   * Calls a query as often as it takes, and yields the items of all its pages. The next page is asked for when its first
   * item is wanted. An empty page is not the end: a page without a cursor is.
   *
   * @param nsid a query with a cursor; one that is not registered is named with `nsid('com.example.getThings')`
   *
   * @example
   * for await (const { did } of client.paginate('com.atproto.sync.listRepos')) console.log(did)
   * @throws XrpcError `error_response`; `response_invalid`, also where a cursor comes twice
   * @throws SessionError, NetworkError, StorageError
   * @see https://atproto.com/specs/xrpc#cursors-and-pagination
   */
  async *paginate<N extends PagedQuery | Nsid, F extends ItemsField<N> = ItemsField<N>>(
    nsid: N,
    ...[options]: OptionsArgument<PaginateOptions<N, F>>
  ): AsyncGenerator<ItemOf<N, F>, void, undefined> {
    const { paginate } = await this.#caller.load()
    // The lexicon promises what the items are.
    yield* paginate(this, nsid, options ?? {}) as AsyncGenerator<ItemOf<N, F>, void, undefined>
  }

  /**
   * Uploads bytes as they are. The blob in the answer goes into a record as it is: the server may have found another media
   * type, and forgets a blob that no record points to. Pictures are published as they are, too: take out first what
   * cameras write into them, such as the place (EXIF).
   *
   * @param body a Blob, bytes, a stream, or a function that makes one, which is called for each sending. A stream can be
   *   sent once: where nothing was called lately a small request goes ahead of it, and where the server wants it again
   *   all the same the call fails
   *
   * @example
   * const { data } = await client.uploadBlob(file)
   * await client.records('com.example.note').create({ text: 'hello', picture: data.blob })
   * @throws TypeError for what cannot be sent
   * @throws XrpcError `error_response`, `response_invalid`
   * @throws SessionError, NetworkError, StorageError
   * @see https://atproto.com/specs/blob
   */
  async uploadBlob(
    this: Client<Did>,
    body: BlobBody,
    options: UploadBlobOptions = {},
  ): Promise<XrpcResult<OutputOf<'com.atproto.repo.uploadBlob'>, Did>> {
    return (await this.#caller.load()).uploadBlob(this, body, options)
  }

  /**
   * Reads the bytes of a blob that a record points to. Whoever uploaded them chose what they are: show nothing of them on
   * a page of yours but pictures, in an `img`.
   *
   * @param blob its CID, or what a record has
   * @throws TypeError for what is neither
   * @throws XrpcError `error_response`
   * @throws NetworkError, with `too_large` where `as: 'stream'` can read what is longer than `maxResponseBytes`
   * @throws SessionError, StorageError
   */
  async getBlob<As extends AnswerForm = 'bytes'>(
    blob: string | BlobRef | LegacyBlobRef,
    ...[options]: OptionsArgument<GetBlobOptions<D, As>>
  ): Promise<XrpcResult<BlobData<As>, D>> {
    return (await this.#caller.load()).getBlob<D, As>(this, blob, options ?? {})
  }

  /**
   * Asks the account's server for a token that lets another service act for the account: `authorization: Bearer <token>`,
   * for one method, for a minute.
   *
   * @throws TypeError where the audience is no service, the method no NSID, or the lifetime out of its range
   * @throws XrpcError `error_response`, `response_invalid`
   * @throws SessionError, NetworkError, StorageError
   * @see https://atproto.com/specs/xrpc#inter-service-authentication-jwt
   */
  async serviceAuth(this: Client<Did>, options: ServiceAuthOptions): Promise<XrpcResult<ServiceToken, Did>> {
    const { clock, load } = this.#caller
    return (await load()).requestServiceToken(this, options, clock)
  }

  /**
   * Refreshes the tokens now, although nothing calls for it. A session that has ended is tried once more.
   *
   * @throws SessionError, NetworkError, StorageError
   */
  async refresh(this: Client<Did>, options: { readonly signal?: AbortSignal } = {}): Promise<XrpcClient<Did>> {
    return this.#caller.over(await this.#caller.session.refresh(options))
  }

  /**
   * A copy of this client with other settings: what is left out stays, and what is undefined goes back to its default.
   * Headers are added to those it has.
   *
   * @throws TypeError for a setting of the wrong kind; in a page that has just begun, the first call does
   */
  with(settings: ClientSettings): XrpcClient<D> {
    const { session, settings: known, clock, random, load } = this.#caller
    const change = (parts: CallParts) => parts.changeSettings(known?.(parts) ?? {}, settings)
    const parts = load()
    const changed = parts instanceof Promise ? once(parts, change) : always(change(parts))
    return new Client<D>({ session, settings: changed, clock, random, load })
  }

  async #call<N extends MethodName, As>(
    nsid: string,
    method: 'GET' | 'POST',
    options: Call['options'],
  ): Promise<XrpcResult<DataOf<N, As>, D>> {
    const result = await callMethod(this.#caller, { nsid, method, options })
    // The lexicon promises this type; `with({ validate })` is for those who want it proved.
    return { ...result, data: result.data as DataOf<N, As> }
  }
}

/** Settings that were read. Nothing is kept of what they were made of. */
function always(settings: ClientSettings): () => ClientSettings {
  return () => settings
}

/** Settings that are read when the part comes that a page is loading. What is wrong with them is told by whoever calls. */
function once(
  loading: Promise<CallParts>,
  read: (parts: CallParts) => ClientSettings,
): (parts: CallParts) => ClientSettings {
  let settings: ClientSettings | undefined
  const readOnce = (parts: CallParts) => (settings ??= read(parts))
  loading.then(readOnce).catch(() => {})
  return readOnce
}
