// Compiled, not run: what must compile of atproof/testing, and by @ts-expect-error what must not.
import { type Clock, OAuthClient, type XrpcClient } from 'atproof'
import {
  type Account,
  type FakeNetwork,
  fakeNetwork,
  type LogEntry,
  type TestClock,
  testClock,
} from 'atproof/testing'

/** Holds a type to be exactly this one. */
function is<Expected>(): <Found>(
  value: Found,
  ...same: [Found, Expected] extends [Expected, Found] ? [] : [never]
) => void {
  return () => {}
}

export const network: FakeNetwork = fakeNetwork({ entryway: true, tokenLifetimeSeconds: 60 })
const alice = network.createAccount('alice.test', { dns: true, pds: network.pds })
is<Account>()(alice)
is<Promise<XrpcClient>>()(network.signIn('alice.test'))
is<TestClock>()(network.clock)
is<readonly LogEntry[]>()(network.log.to('/oauth/token'))
is<number>()(network.log.count(/xrpc/))
is<string>()(alice.approve('https://pds.example.com/oauth/authorize', { scope: 'atproto' }))

// The clock and the options fit the client as they are.
export const clock: Clock = testClock({ start: 0 })
export const oauth: OAuthClient = new OAuthClient({
  ...network.clientOptions,
  redirectUri: 'http://127.0.0.1/callback',
})

// Every kind of fault, each one call.
const path = '/oauth/token'
network.fault({ path, lose: 'answer' })
network.fault({ path: /\/xrpc\//, lose: 'request', times: 3 })
network.fault({ path, refuse: true, times: Infinity }).remove()
network.fault({ path, hang: 'body' }).release()
network.fault({ path, delay: 'answer', ms: 5000 })
network.fault({ path, status: 429, headers: { 'retry-after': '30' } })
network.fault({ path, redirect: 'https://elsewhere.example.com' })
network.fault({ path, body: 'huge', skipChallenges: false })
network.fault({ path, set: { sub: alice.did } })
network.fault({ path, omit: 'token_type' })
network.fault({ path, json: (answer) => ({ ...answer, scope: 'atproto' }) })
network.fault({ path, nonce: 'stale' })
network.fault({ path: '/xrpc/com.example.get', challenge: 'unquoted' })
network.fault({ path, rotation: 'fails' })
network.fault({ path: '/xrpc/com.example.get', tokenCheck: 'fails' })
network.fault({ path: '_atproto.alice.test', txt: [['did=', alice.did]] })
network.fault({ path, respond: () => new Response('hello'), when: ({ form }) => form?.has('code') ?? false })

// @ts-expect-error a fault needs a target
network.fault({ refuse: true })
// @ts-expect-error and says what goes wrong
network.fault({ path })
// @ts-expect-error one of those
network.fault({ path, lose: 'everything' })
// @ts-expect-error a delay has its length
network.fault({ path, delay: 'answer' })
// @ts-expect-error in a word that exists
network.fault({ path, body: 'htm' })
// @ts-expect-error an account is made by a network
export const account: Account = { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', handle: 'alice.test' }
// @ts-expect-error a name that is not a handler
network.respond('com.example.get', 'hello')
// @ts-expect-error the log is not the test's to write
network.log.entries.push()

network.respond('com.example.get', (request, caller) => ({ method: request.method, did: caller?.did }))
network.host('https://app.example.com', () => new Response('hello'))
network.documents.set('https://app.example.com/client.json', {})
network.didDocuments.set(alice.did, null)
network.serverClockOffsetMs = -5000
