import { nsid, type ServiceAuthOptions } from 'atproof'
import { decodeJwt } from 'jose'
import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { alicesMemos } from './alices-memos.ts'

const GET_SERVICE_AUTH = 'com.atproto.server.getServiceAuth'
const audience = 'did:web:api.example.com#memo_api'
const method = 'com.example.memo.search'
const MINUTE = 60_000

test('[J12] asks for a token for one service and one method, of a minute', async () => {
  const { network, client, queriesTo } = await alicesMemos()
  const { data, status, client: same } = await client.serviceAuth({ audience, method })
  expect([status, same]).toEqual([200, client])
  const { iat = 0, exp = 0, iss, aud, lxm } = decodeJwt(data.token)
  expect({ iss, aud, lxm }).toEqual({ iss: client.did, aud: audience, lxm: method })
  expect(exp - iat).toBe(60)
  expect(exp * 1000).toBeLessThanOrEqual(network.serverTime + MINUTE)
  expect(queriesTo(GET_SERVICE_AUTH).map((query) => Object.fromEntries(query))).toEqual([
    { aud: audience, lxm: method },
  ])
})

test.each([-10 * MINUTE, 10 * MINUTE])(
  '[J12] a token is of a minute, however wrong the clock of this machine is: by %d ms',
  async (offset) => {
    const { network, client } = await alicesMemos()
    network.clock.jumpWall(offset)
    const { exp = 0 } = decodeJwt((await client.serviceAuth({ audience, method })).data.token)
    expect(exp).toBe(Math.floor(network.serverTime / 1000) + 60)
  },
)

test.each([1000, 30_000, 60 * MINUTE])('[J12] a token lives the %d ms that were asked for', async (lifetimeMs) => {
  const { network, client, queriesTo } = await alicesMemos()
  const { data } = await client.serviceAuth({ audience, method, lifetimeMs })
  const exp = Math.floor((network.clock.now() + lifetimeMs) / 1000)
  expect(decodeJwt(data.token).exp).toBe(exp)
  expect(queriesTo(GET_SERVICE_AUTH)[0]?.get('exp')).toBe(String(exp))
})

test('[J12] a service of the network takes the token for that method only', async () => {
  const { network, client } = await alicesMemos()
  network.addService(audience, {
    origin: 'https://api.example.com',
    methods: { [method]: (_, { did }) => ({ did }), 'com.example.memo.recent': () => ({}) },
  })
  const { data } = await client.serviceAuth({ audience, method })
  const ask = (nsidOfCall: string) =>
    network.fetch(`https://api.example.com/xrpc/${nsidOfCall}`, {
      headers: { authorization: `Bearer ${data.token}` },
    })
  expect(await (await ask(method)).json()).toEqual({ did: client.did })
  expect((await ask('com.example.memo.recent')).status).toBe(401)
})

test('a DID alone is taken, for services that know no more', async () => {
  const { client } = await alicesMemos()
  const { data } = await client.serviceAuth({
    audience: 'did:web:pds.example.com',
    method: 'com.atproto.server.createAccount',
  })
  expect(decodeJwt(data.token).aud).toBe('did:web:pds.example.com')
})

test('a method that is not registered passes through `nsid`', async () => {
  const { client } = await alicesMemos()
  const { data } = await client.serviceAuth({ audience, method: nsid('com.example.other') })
  expect(decodeJwt(data.token).lxm).toBe('com.example.other')
})

test.each([
  ['a URL for an audience', { audience: 'https://api.example.com', method }, /^audience: expected a DID/],
  ['no audience', { method }, /^audience: expected a DID/],
  ['an audience with two names', { audience: `${audience}#b`, method }, /^audience: expected a DID/],
  [
    'an audience with an empty name',
    { audience: 'did:web:api.example.com#', method },
    /^audience: expected a DID/,
  ],
  ['an audience of another kind', { audience: 'did:key:zabc#a', method }, /^audience: expected a DID/],
  ['no method', { audience }, /^method: expected an NSID/],
  ['a method that is none', { audience, method: 'search' }, /^method: expected an NSID/],
  ['a second too little', { audience, method, lifetimeMs: 999 }, /^lifetimeMs: expected a time in ms from 1000/],
  ['more than an hour', { audience, method, lifetimeMs: 60 * MINUTE + 1 }, /^lifetimeMs: .* to 3600000/],
  ['no number', { audience, method, lifetimeMs: NaN }, /^lifetimeMs: expected/],
  ['a text for a number', { audience, method, lifetimeMs: '60000' }, /^lifetimeMs: expected/],
  ['a misspelt option', { audience, method, lifetime: 60 }, /^options: expected only .*"lifetime"/],
])('[J12] refuses %s, and sends nothing', async (_, options, message) => {
  const { network, client } = await alicesMemos()
  await expect(client.serviceAuth(options as ServiceAuthOptions)).rejects.toThrow(message)
  expect(network.log).toHaveLength(0)
})

test('what the server refuses is an error with its name', async () => {
  const { client } = await alicesMemos()
  const failure = await failureOf(client.serviceAuth({ audience, method: 'com.atproto.server.createAppPassword' }))
  expect(failure).toMatchObject({
    name: 'XrpcError',
    nsid: GET_SERVICE_AUTH,
    error: 'InvalidRequest',
    status: 400,
  })
})

test.each([[undefined], [{}], [{ token: '' }], [{ token: ['secret-in-a-list'] }], ['secret-text']])(
  'the answer %j has no token, and nothing of it is shown',
  async (answer) => {
    const { network, client } = await alicesMemos()
    network.respond(GET_SERVICE_AUTH, () => answer)
    const failure = await failureOf(client.serviceAuth({ audience, method }))
    expect(failure).toMatchObject({ code: 'response_invalid', field: 'token', expected: 'a token', client })
    expect(JSON.stringify(failure) + String(failure)).not.toContain('secret')
  },
)

test('no error shows a token', async () => {
  const { network, client } = await alicesMemos()
  const impatient = client.with({ retry: { limit: 0 } })
  const token = 'eyJhbGciOiJFUzI1NiJ9.c2VjcmV0LXNlcnZpY2UtdG9rZW4.c2lnbmF0dXJl'
  const path = `/xrpc/${GET_SERVICE_AUTH}`
  network.respond(GET_SERVICE_AUTH, () => ({ token }))
  for (const body of ['half', 'cut-off', 'text', 'array'] as const) {
    network.fault({ path, body })
    const failure = await failureOf(impatient.serviceAuth({ audience, method }))
    expect(failure.name).toMatch(/^(?:Xrpc|Network)Error$/)
    const shown = [failure.message, failure.stack, JSON.stringify(failure), String(failure.cause), failure.found]
    expect(shown.join('\n')).not.toContain(token.slice(0, 20))
  }
})
