// Compiled, not run: what must compile, and by @ts-expect-error what must not.
import { type Did, isXrpcError, nsid, type OAuthClient, XrpcClient, type XrpcResult } from 'atproof'
import type {} from 'atproof/registry'

declare module 'atproof/registry' {
  interface Queries {
    'com.example.getThings': { params: { limit?: number }; output: { things: string[] }; errors: 'TooMany' }
    'com.example.getThing': { params: { id: string }; output: { thing: string }; errors: 'NoSuchThing' }
  }
  interface Procedures {
    'com.example.makeThing': {
      params: Record<string, never>
      input: { name: string }
      output: { id: string }
      errors: never
    }
    'com.example.poke': { params: Record<string, never>; errors: never }
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
  isXrpcError(error, 'com.atproto.repo.getRecord', 'SomethingNew')
  // @ts-expect-error an unknown method
  isXrpcError(error, 'com.example.getThingg')
}
