import { memoryStorage, OAuthClient, type OAuthClientOptions, type XrpcClient } from 'atproof'
import { loginLoopback } from 'atproof/node'
import { callWithToken, fingerprint, readSecrets } from '../stored-session.ts'
import { expectEqual, type Narrator } from './narrator.ts'
import type { Places, RequestCounter } from './request-counter.ts'

/** What the demo says of itself in the end. */
export interface Summary {
  readonly handle: string
  readonly did: string
  readonly pds: string
  readonly issuer: string
  readonly requests: Readonly<Record<string, number>>
  readonly rotated: boolean
  readonly oldClientWorks: boolean
  readonly signedOut: boolean
}

/** The person of the story. */
export interface Person {
  readonly handle: string
  readonly password: string
}

/** How the person meets the consent page: a headless browser, or their own. */
export interface Consent {
  /**
   * Shows the page to the person. Resolves once they decided.
   *
   * @param back settles when the page has returned and the sign-in is over
   */
  decide(url: string, person: Person, back: Promise<unknown>): Promise<void>
  close(): Promise<void>
}

/** Where the story takes place: a network, and the app's way there. */
export interface Stage {
  /** What it is, in a sentence. */
  readonly introduction: string
  readonly places: Places
  readonly consent: Consent
  /** What leads the app here, save its fetch. */
  readonly clientOptions: Partial<OAuthClientOptions>
  createAccount(person: Person): Promise<{ readonly did: string }>
  send(url: string, init: RequestInit): Promise<Response>
  close(): Promise<void>
}

const COLLECTION = 'com.example.greeting'

/** The main job, once: sign in, call, refresh, sign out. */
export async function tellStory(stage: Stage, counter: RequestCounter, narrator: Narrator): Promise<Summary> {
  const person = { handle: 'alice.test', password: 'correct horse battery staple' }
  const { did } = await narrator.step(
    'account',
    `Make the account ${person.handle}`,
    () => stage.createAccount(person),
    (account) => account.did,
  )

  const storage = memoryStorage()
  const oauth = new OAuthClient({
    redirectUri: 'http://127.0.0.1/callback',
    scope: 'atproto transition:generic',
    storage,
    fetch: counter.fetch,
    ...stage.clientOptions,
  })
  const page = Promise.withResolvers<string>()
  const login = loginLoopback(oauth, person.handle, { open: page.resolve })
  login.catch(page.reject)
  const url = await narrator.step(
    'authorize',
    'Find the account and its server, push the signed request',
    () => page.promise,
  )
  await narrator.step('consent', 'The person signs in at the server and consents', () =>
    stage.consent.decide(url, person, login),
  )
  const client = await narrator.step('callback', 'Exchange the code for tokens', async () => (await login).client)
  expectEqual('the account signed in', did, client.did)
  const { sessionId, issuer, pds } = client.session

  await narrator.step(
    'getSession',
    'Ask the PDS who we are',
    () => client.get('com.atproto.server.getSession'),
    ({ data }) => data.handle,
  )
  await writeAndRead(narrator, client)

  const before = await readSecrets(storage, sessionId)
  const renewed = await narrator.step(
    'refresh',
    'Refresh, as if the access token had ended',
    () => client.refresh(),
    (fresh) => (fresh === client ? 'nothing changed' : 'new tokens, the old refresh token is spent'),
  )
  const after = await readSecrets(storage, sessionId)
  const rotated =
    renewed !== client && before.accessToken !== after.accessToken && before.refreshToken !== after.refreshToken
  const [was, is] = [fingerprint(before.accessToken), fingerprint(after.accessToken)]
  expectEqual('both tokens changed', true, rotated)

  const old = await narrator.step(
    'oldClient',
    `Call with the client from before (the access token was ****${was}, now it is ****${is})`,
    () => client.get('com.atproto.server.getSession'),
    ({ status }) => `${status}, every client sends the newest tokens`,
  )
  const { accepted } = await narrator.step('signOut', 'Sign out: the server revokes the session', () =>
    oauth.revoke(sessionId),
  )
  expectEqual('the server took the revocation', true, accepted)
  const dead = await narrator.step(
    'deadToken',
    'Send the last access token once more, with a fresh proof',
    () => callWithToken(after, { send: counter.fetch, now: Date.now() }),
    ({ status }) => `${status}, it is dead`,
  )
  expectEqual('the status of a dead token', 401, dead.status)
  expectEqual('the session is gone', undefined, await oauth.restore(sessionId))
  return {
    handle: person.handle,
    did,
    pds,
    issuer,
    requests: narrator.requests,
    rotated,
    oldClientWorks: old.status === 200,
    signedOut: accepted && dead.status === 401,
  }
}

async function writeAndRead(narrator: Narrator, client: XrpcClient): Promise<void> {
  const record = { $type: COLLECTION, text: 'Hello from atproof', createdAt: new Date().toISOString() }
  const written = await narrator.step(
    'createRecord',
    `Write a record of ${COLLECTION}`,
    () =>
      client.post('com.atproto.repo.createRecord', {
        input: { repo: client.did, collection: COLLECTION, record },
      }),
    ({ data }) => data.uri,
  )
  const rkey = written.data.uri.slice(written.data.uri.lastIndexOf('/') + 1)
  const read = await narrator.step(
    'getRecord',
    'Read it back with a typed call',
    () => client.get('com.atproto.repo.getRecord', { params: { repo: client.did, collection: COLLECTION, rkey } }),
    ({ data }) => JSON.stringify(data.value['text']),
  )
  expectEqual('the text that was written', record.text, read.data.value['text'])
}
