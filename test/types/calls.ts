// Compiled, not run: what must compile, and by @ts-expect-error what must not.
import {
  type AnswerForm,
  type Did,
  type ErrorNameOf,
  type InputOf,
  isXrpcError,
  nsid,
  type Nsid,
  type OAuthClient,
  type OutputOf,
  type ParamsOf,
  type Validator,
  XrpcClient,
  type XrpcError,
  type XrpcResult,
} from 'atproof'
import type {} from 'atproof/registry'

declare module 'atproof/registry' {
  interface Queries {
    'com.example.getThings': { params: { limit?: number }; output: { things: string[] }; errors: 'TooMany' }
    'com.example.getThing': { params: { id: string }; output: { thing: string }; errors: 'NoSuchThing' }
    'com.example.getPicture': { params: { id: string }; outputEncoding: 'image/*'; errors: never }
  }
  interface Procedures {
    'com.example.makeThing': {
      params: Record<string, never>
      input: { name: string }
      output: { id: string }
      errors: never
    }
    'com.example.poke': { params: Record<string, never>; errors: never }
    'com.example.putPicture': {
      params: { id: string }
      inputEncoding: 'image/*'
      output: { size: number }
      errors: never
    }
    'com.example.turnPicture': { params: {}; inputEncoding: 'image/*'; outputEncoding: 'image/*'; errors: never }
  }
}

declare const client: XrpcClient
declare const oauth: OAuthClient

/** Holds a type to be exactly this one. */
function is<Expected>(): <Found>(
  value: Found,
  ...same: [Found, Expected] extends [Expected, Found] ? [] : [never]
) => void {
  return () => {}
}

export async function calls(): Promise<void> {
  // A built-in query: parameters required, output typed.
  const got = await client.get('com.atproto.repo.getRecord', {
    params: { repo: client.did, collection: 'com.example.thing', rkey: 'self' },
  })
  is<string>()(got.data.uri)
  is<XrpcClient>()(got.client)
  // @ts-expect-error params are required
  await client.get('com.atproto.repo.getRecord')
  // @ts-expect-error a required parameter is missing
  await client.get('com.atproto.repo.getRecord', { params: { repo: 'x', collection: 'y' } })
  // @ts-expect-error a parameter of the wrong type
  await client.get('com.atproto.repo.listRecords', { params: { repo: 'x', collection: 'y', limit: '10' } })
  // @ts-expect-error a misspelt parameter
  await client.get('com.atproto.repo.listRecords', { params: { repo: 'x', collection: 'y', limits: 10 } })
  // @ts-expect-error a misspelt method
  await client.get('com.atproto.repo.getRecords', { params: { repo: 'x', collection: 'y', rkey: 'z' } })
  // @ts-expect-error this one takes no parameters
  await client.get('com.atproto.server.getSession', { params: { typo: 1 } })
  await client.get('com.atproto.server.getSession', { params: {} })
  // @ts-expect-error a procedure is no query
  await client.get('com.atproto.repo.createRecord')

  // A procedure.
  const { data } = await client.post('com.atproto.repo.createRecord', {
    input: { repo: client.did, collection: 'com.example.thing', record: { text: 'hello' } },
  })
  is<string>()(data.cid)
  // @ts-expect-error input is required
  await client.post('com.atproto.repo.createRecord')
  // @ts-expect-error a required field is missing
  await client.post('com.atproto.repo.createRecord', { input: { repo: client.did, record: {} } })
  // @ts-expect-error a query is no procedure
  await client.post('com.atproto.server.getSession')

  // Methods that an app registered.
  is<string[]>()((await client.get('com.example.getThings')).data.things)
  is<string>()((await client.post('com.example.makeThing', { input: { name: 'x' } })).data.id)
  is<undefined>()((await client.post('com.example.poke')).data)
  // @ts-expect-error this one takes no input
  await client.post('com.example.poke', { input: {} })

  // A method that is not registered passes through nsid().
  is<unknown>()((await client.get(nsid('com.example.other'), { params: { any: ['thing', 1, true] } })).data)
  // @ts-expect-error an unregistered method, unchecked
  await client.get('com.example.other')

  // What may be left out may be undefined.
  await client.get('com.example.getThings', { params: undefined, as: undefined, signal: undefined })
  await client.get('com.example.getThings', undefined)
  await client.post('com.example.poke', { params: undefined, input: undefined, as: undefined })
  // @ts-expect-error what is required is not
  await client.get('com.atproto.repo.getRecord', { params: undefined })
  // @ts-expect-error nor here
  await client.post('com.example.makeThing', { input: undefined })
}

export function names(): void {
  is<string>()(null! as OutputOf<'com.example.getThing'>['thing'])
  is<{ id: string }>()(null! as ParamsOf<'com.example.getThing'>)
  is<{ name: string }>()(null! as InputOf<'com.example.makeThing'>)
  is<unknown>()(null! as OutputOf<Nsid>)
  // @ts-expect-error a misspelt method
  is<unknown>()(null! as OutputOf<'com.example.getThingg'>)
  // @ts-expect-error a misspelt method
  is<unknown>()(null! as ParamsOf<'com.example.getThingg'>)
  // @ts-expect-error a misspelt method
  is<unknown>()(null! as InputOf<'com.example.makeThingg'>)
}

/** What a stream of an answer is, by whatever name. */
type ResponseStream = NonNullable<Response['body']>

export async function answersThatAreNotJson(whichever: AnswerForm): Promise<void> {
  const params = { did: client.did, cid: 'bafy' }
  is<Uint8Array<ArrayBuffer>>()((await client.get('com.atproto.sync.getBlob', { params, as: 'bytes' })).data)
  is<ResponseStream>()((await client.get('com.atproto.sync.getBlob', { params, as: 'stream' })).data)
  // @ts-expect-error it is no JSON: bytes or a stream?
  await client.get('com.atproto.sync.getBlob', { params })
  // @ts-expect-error neither
  await client.get('com.atproto.sync.getBlob', { params, as: undefined })
  // @ts-expect-error there is no such form
  await client.get('com.atproto.sync.getBlob', { params, as: 'text' })
  // @ts-expect-error the parameters are required as ever
  await client.get('com.example.getPicture', { as: 'bytes' })

  // The bytes of what is JSON, where somebody wants those.
  const repo = { repo: client.did }
  is<Uint8Array<ArrayBuffer>>()(
    (await client.get('com.atproto.repo.describeRepo', { params: repo, as: 'bytes' })).data,
  )
  is<string>()((await client.get('com.atproto.repo.describeRepo', { params: repo })).data.handle)
  is<ResponseStream>()((await client.get(nsid('com.example.other'), { as: 'stream' })).data)
  is<Uint8Array<ArrayBuffer>>()((await client.get('com.example.getThings', { as: 'bytes' })).data)

  // Which of both may be known later.
  const { data } = await client.get('com.example.getPicture', { params: { id: 'x' }, as: whichever })
  is<Uint8Array<ArrayBuffer> | ResponseStream>()(data)
}

export async function inputsThatAreNotJson(file: Blob, made: ReadableStream<Uint8Array>): Promise<void> {
  const params = { id: 'x' }
  is<number>()((await client.post('com.example.putPicture', { params, input: file })).data.size)
  await client.post('com.example.putPicture', { params, input: new Uint8Array(1), encoding: 'image/png' })
  await client.post('com.example.putPicture', { params, input: new ArrayBuffer(1) })
  await client.post('com.example.putPicture', { params, input: made, encoding: 'image/png' })
  await client.post('com.example.putPicture', { params, input: () => file })
  await client.post('com.example.putPicture', { params, input: async () => made, encoding: 'image/png' })
  await client.post('com.example.putPicture', { params, input: '<svg/>', encoding: 'image/svg+xml' })
  // @ts-expect-error of a text nobody knows what it is
  await client.post('com.example.putPicture', { params, input: '<svg/>' })
  // @ts-expect-error nor of one that is made
  await client.post('com.example.putPicture', { params, input: () => '<svg/>' })
  // @ts-expect-error an input is required
  await client.post('com.example.putPicture', { params })
  // @ts-expect-error it is no JSON
  await client.post('com.example.putPicture', { params, input: { width: 1 } })
  // @ts-expect-error what is made is none either
  await client.post('com.example.putPicture', { params, input: () => ({ width: 1 }) })
  // @ts-expect-error and JSON is no bytes
  await client.post('com.example.makeThing', { input: new Uint8Array(1) })
  // @ts-expect-error JSON has an encoding already
  await client.post('com.example.makeThing', { input: { name: 'x' }, encoding: 'text/plain' })

  const turned = await client.post('com.example.turnPicture', { input: file, as: 'bytes' })
  is<Uint8Array<ArrayBuffer>>()(turned.data)
  // @ts-expect-error the picture that comes back: bytes or a stream?
  await client.post('com.example.turnPicture', { input: file })

  await client.post(nsid('com.example.other'), { input: file, encoding: 'image/png' })
  await client.post(nsid('com.example.other'), { input: { any: 'thing' } })
}

export function settings(validate: Validator): void {
  is<XrpcClient>()(client.with({}))
  const proxied: XrpcClient = client.with({
    proxy: 'did:web:api.example.com#example_appview',
    labelers: ['did:plc:one', { did: 'did:plc:two', redact: true }],
    headers: { 'x-app': 'a' },
    timeoutMs: 1000,
    maxResponseBytes: 1024,
    retry: { limit: 3, procedures: true, longestWaitMs: 1000 },
    validate,
  })
  is<XrpcClient>()(proxied.with({ proxy: undefined, labelers: undefined, retry: undefined, validate: undefined }))
  // @ts-expect-error a service is a DID and a name
  client.with({ proxy: 'did:web:api.example.com' })
  // @ts-expect-error a labeler is a DID
  client.with({ labelers: ['mod.example.com'] })
  // @ts-expect-error there is no such setting
  client.with({ timeout: 1000 })
  // @ts-expect-error nor can a copy be another account's
  client.with({ session: client })
}

export async function sessions(): Promise<void> {
  is<Did>()(client.did)
  is<'active' | 'uncertain' | 'needs_reauth'>()(client.session.status)
  is<XrpcClient | undefined>()(await oauth.restore('id'))
  is<XrpcClient>()(await client.refresh())
  is<XrpcClient>()(client.with({ timeoutMs: 1000 }))
  await oauth.latest(String('did:plc:from-a-database'))
  // @ts-expect-error there is nothing to refresh without a session
  await new XrpcClient({ service: 'https://pds.example.com' }).refresh()
  // @ts-expect-error the context is required
  await oauth.callback('https://app.example.com/callback?code=x', {})

  const service = new XrpcClient({ service: 'https://pds.example.com' })
  is<XrpcClient<undefined>>()(service)
  is<undefined>()(service.did)
  is<undefined>()(service.session)
  const described: XrpcResult<{ did: Did; availableUserDomains: string[] }, undefined> = await service.get(
    'com.atproto.server.describeServer',
  )
  is<Did>()(described.data.did)
}

export function errors(error: unknown): void {
  if (isXrpcError(error, 'com.example.getThing', 'NoSuchThing')) {
    is<'NoSuchThing'>()(error.error)
    is<'com.example.getThing'>()(error.nsid)
    is<number>()(error.status)
    is<XrpcClient>()(error.client)
  }
  // Names stay open: a server may answer one that no lexicon has.
  if (isXrpcError(error, 'com.atproto.repo.getRecord', 'SomethingNew')) is<'SomethingNew'>()(error.error)
  // Nor do lexicons say everywhere that an account may be gone.
  isXrpcError(error, 'com.atproto.repo.describeRepo', 'RepoTakendown')
  isXrpcError(error, 'com.atproto.repo.createRecord', 'AccountTakedown')
  // @ts-expect-error what only another method declares
  isXrpcError(error, 'com.atproto.repo.getRecord', 'NoSuchThing')
  // @ts-expect-error what another method of the app declares
  isXrpcError(error, 'com.example.getThing', 'TooMany')
  // @ts-expect-error what a procedure declares
  isXrpcError(error, 'com.example.getThing', 'InvalidSwap')
  // Of a method that is not registered nobody knows.
  isXrpcError(error, nsid('com.example.other'), 'TooMany')
  if (isXrpcError(error, 'com.example.getThing')) {
    is<ErrorNameOf<'com.example.getThing'>>()(error.error)
    const answered: XrpcError<XrpcClient> = error
    return void answered
  }
  // @ts-expect-error an unknown method
  isXrpcError(error, 'com.example.getThingg')
}
