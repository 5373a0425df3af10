import { expect, test } from 'vitest'
import { bearer, pdsScene } from './scene.ts'

const DO = 'com.example.do'

test('a handler knows who calls by password, and calls nobody nobody', async () => {
  const { network, alice, call, logIn } = pdsScene()
  network.respond(DO, (_, caller) => ({ caller: caller ?? null }))
  const { accessJwt } = await logIn()
  const known = { did: alice.did, scope: 'com.atproto.access' }
  expect((await call(DO, bearer(accessJwt))).json).toEqual({ caller: known })
  expect((await call(DO)).json).toEqual({ caller: null })
  expect((await call(DO, bearer('bad'))).json.error).toBe('InvalidToken')
})

test('a handler comes before our own method, and answers any verb', async () => {
  const { network, call } = pdsScene()
  network.respond('com.atproto.server.describeServer', (request) => ({ by: request.method }))
  expect((await call('com.atproto.server.describeServer')).json).toEqual({ by: 'GET' })
  expect((await call('com.atproto.server.describeServer', {}, {})).json).toEqual({ by: 'POST' })
})

test('a handler that throws is a 500 that says what was thrown', async () => {
  const { network, call } = pdsScene()
  network.respond(DO, () => {
    throw new TypeError('boom')
  })
  const { status, json } = await call(DO)
  const message = 'the handler of com.example.do threw: TypeError: boom'
  expect([status, json]).toEqual([500, { error: 'InternalServerError', message }])
})

test('a handler may wait, and answer with nothing', async () => {
  const { network, call } = pdsScene()
  network.respond(DO, async () => network.clock.sleep(1000))
  const answer = call(DO)
  await network.clock.advance(1000)
  expect(await answer).toMatchObject({ status: 200, json: {} })
})

test('what a production server has and this network has not is said to be missing', async () => {
  const { call } = pdsScene()
  const { status, json } = await call('app.bsky.feed.getTimeline')
  expect([status, json.error]).toEqual([501, 'MethodNotImplemented'])
  expect(json.message).toContain("network.respond('app.bsky.feed.getTimeline', …)")
})

test('an OAuth token is none as Bearer', async () => {
  const { network, call } = pdsScene()
  const client = await network.signIn('bob.test')
  await client.get('com.atproto.server.getSession')
  const token = network.log.last?.headers.get('authorization')?.replace('DPoP ', '') ?? ''
  const { status, json } = await call('com.atproto.server.getSession', bearer(token))
  expect([status, json]).toEqual([400, { error: 'InvalidToken', message: 'Malformed token' }])
})

test('what is the account’s own affair is passed on to nobody', async () => {
  const { network, call } = pdsScene()
  const { reference } = network.addService('did:web:api.example.com#api')
  const { json } = await call('com.atproto.server.createAppPassword', { 'atproto-proxy': reference })
  expect(json).toEqual({ error: 'InvalidToken', message: 'Bad token method' })
})

test('what a handler says in its headers stays', async () => {
  const { network } = pdsScene()
  const headers = { 'cache-control': 'max-age=60', 'access-control-allow-origin': 'https://a.example.com' }
  network.respond(DO, () => new Response('hello', { headers }))
  const response = await network.fetch(`${network.pds}/xrpc/${DO}`)
  for (const [name, value] of Object.entries(headers)) expect(response.headers.get(name)).toBe(value)
})

test('the nonce of an answer is one that is good when it leaves', async () => {
  const { network } = pdsScene()
  const client = await network.signIn('bob.test')
  network.respond('com.example.rotate', () => {
    network.rotateNonces()
    return {}
  })
  await client.fetchHandler('/xrpc/com.example.rotate')
  network.log.clear()
  await client.get('com.atproto.server.getSession')
  expect(network.log.length).toBe(1)
})
