import { nsid } from 'atproof'
import { fakeNetwork } from 'atproof/testing'
import { assertFacts, assertSame, failureOf } from './assert.ts'
import type { Checks } from './checks.ts'
import { clientOf, clientWithoutDns, GET_SESSION, signedInAlice, TOKEN_ENDPOINT } from './scene.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const COLLECTION = 'com.example.note'
const LIST = 'com.example.todo.list'
const OTHERS = ['did:web:a.example.com', 'did:web:b.example.com']

/** Between a handle and the end of a session. */
export const signInChecks: Checks = {
  async 'signs in, makes ten calls, refreshes and signs out'() {
    const { network, oauth, client } = await signedInAlice()
    for (let note = 1; note <= 5; note += 1) {
      const record = { $type: COLLECTION, note }
      await client.post('com.atproto.repo.createRecord', {
        input: { repo: client.did, collection: COLLECTION, record },
      })
      await client.get(GET_SESSION)
    }
    const list = await client.get('com.atproto.repo.listRecords', {
      params: { repo: client.did, collection: COLLECTION },
    })
    assertSame(list.data.records.length, 5)
    await client.refresh()
    assertSame((await client.get(GET_SESSION)).data.handle, 'alice.test')
    assertSame(await oauth.revoke(client.session.sessionId), { accepted: true })
    const session = network.account('alice.test')?.session
    assertSame([session?.deleted, session?.refreshCount], [true, 1])
    assertFacts(await failureOf(client.get(GET_SESSION)), { name: 'SessionError', code: 'signed_out' })
    assertSame(network.log.entries.filter(({ outcome }) => outcome !== 'answered').length, 0)
    network.close()
  },

  async 'signs in with a client key, behind an entryway'() {
    const network = fakeNetwork({ entryway: true })
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const key = { ...(await crypto.subtle.exportKey('jwk', pair.privateKey)), kid: 'k1', alg: 'ES256' }
    const oauth = clientOf(network, {
      clientId: CLIENT_ID,
      redirectUri: 'https://app.example.com/callback',
      keys: [key],
    })
    network.documents.set(CLIENT_ID, oauth.clientMetadata)
    const client = await network.signIn('alice.test', { oauth })
    await client.refresh()
    assertSame(network.log.to(TOKEN_ENDPOINT).at(-1)?.assertion?.header, { alg: 'ES256', kid: 'k1' })
    network.close()
  },

  async 'comes back from a consent that was refused'() {
    const network = fakeNetwork()
    network.createAccount('alice.test')
    const oauth = clientOf(network)
    const { url, context } = await oauth.authorize('alice.test')
    assertFacts(await failureOf(oauth.callback(network.deny(url), { context })), {
      name: 'AuthorizationError',
      error: 'access_denied',
    })
    network.close()
  },

  async 'passes a call on to a service, which verifies who calls'() {
    const { network, client } = await signedInAlice()
    const api = network.addService('did:web:api.example.com#todo_api', {
      methods: { [LIST]: (_, { did }) => ({ owner: did }) },
    })
    const headers = { 'atproto-proxy': api.reference }
    assertSame((await client.get(nsid(LIST), { headers })).data, { owner: client.did })
    network.close()
  },

  async 'keeps two networks apart'() {
    const [one, other] = [fakeNetwork(), fakeNetwork()]
    const [alice] = await Promise.all([one.signIn('alice.test'), other.signIn('bob.test')])
    const requests = other.log.length
    const once = alice.with({ retry: { limit: 0 } })
    one.fault({ path: /./, lose: 'request', times: Infinity })
    assertFacts(await failureOf(once.get(GET_SESSION)), { name: 'NetworkError', code: 'connection_failed' })
    const carol = await other.signIn('carol.test')
    await one.clock.advance(60_000)
    one.close()
    assertSame((await carol.get(GET_SESSION)).status, 200)
    assertSame([other.account('alice.test'), other.log.length > requests], [undefined, true])
    assertSame(one.clock.now() - other.clock.now(), 60_000)
    other.close()
  },
}

/** Where the runtime has no DNS of its own, so that the client asks over HTTPS. */
export const dnsOverHttpsChecks: Checks = {
  async 'proves a handle by DNS over HTTPS'() {
    const network = fakeNetwork()
    const { did } = network.createAccount('alice.test', { dns: true })
    const oauth = clientWithoutDns(network)
    const client = await network.signIn('alice.test', { oauth })
    assertSame(client.did, did)
    assertSame(network.log.count('https://cloudflare-dns.com/dns-query'), 1)
    assertSame(network.log.count('_atproto.alice.test'), 1)
    assertFacts(await failureOf(oauth.authorize('nobody.test')), { code: 'handle_not_found' })
    // What was proved is believed for ten minutes.
    await network.clock.advance(600_000)
    network.fault({ path: '_atproto.alice.test', txt: OTHERS.map((other) => [`did=${other}`]) })
    assertFacts(await failureOf(oauth.authorize('alice.test')), { code: 'handle_ambiguous' })
    network.close()
  },
}
