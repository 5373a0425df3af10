import { expect, test } from 'vitest'
import { signedInAlice } from './scene.ts'

const path = '/oauth/token'
const GET_SESSION = '/xrpc/com.atproto.server.getSession'

test('refuse and lose reject as undici does, before the server acts or after', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.fault({ path, refuse: true })
  await expect(client.refresh(tokens)).rejects.toMatchObject({
    cause: { code: 'ECONNREFUSED', syscall: 'connect' },
  })
  network.fault({ path, lose: 'request' })
  await expect(client.refresh(tokens)).rejects.toMatchObject({ name: 'TypeError', cause: { code: 'ECONNRESET' } })
  expect(network.log.last).toMatchObject({ status: undefined, outcome: 'failed' })
  expect(alice.session.refreshCount).toBe(0)
  network.fault({ path, lose: 'answer' })
  await expect(client.refresh(tokens)).rejects.toThrow('fetch failed')
  expect(network.log.last).toMatchObject({ status: 200, outcome: 'failed' })
  expect(alice.session.refreshCount).toBe(1)
})

test('a lost answer spares the nonce challenge, unless it is told not to', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.rotateNonces()
  network.fault({ path, lose: 'answer' })
  await expect(client.refresh(tokens)).rejects.toThrow('fetch failed')
  expect(network.log.to(path).map(({ status }) => status)).toEqual([200, 400, 200])
  expect(alice.session.refreshCount).toBe(1)
  network.rotateNonces()
  network.fault({ path, lose: 'answer', skipChallenges: false })
  await expect(client.refresh(tokens)).rejects.toThrow('fetch failed')
  expect(network.log.last).toMatchObject({ error: 'use_dpop_nonce', outcome: 'failed' })
})

test('what hangs ends with its signal, and the server has acted or not', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  for (const hang of ['request', 'answer'] as const) {
    const fault = network.fault({ path, hang })
    const controller = new AbortController()
    const refresh = client.refresh(tokens, { signal: controller.signal })
    await fault.hit
    controller.abort(new Error('too late'))
    await expect(refresh).rejects.toThrow('too late')
    expect(network.log.last?.outcome).toBe('aborted')
    expect(alice.session.refreshCount).toBe(hang === 'answer' ? 1 : 0)
  }
})

test('what hangs is delivered on release; a request arrives late even where its sender has gone', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  const answer = network.fault({ path, hang: 'answer' })
  const refresh = client.refresh(tokens)
  await answer.hit
  answer.release()
  const { json } = await refresh
  const request = network.fault({ path, hang: 'request' })
  const controller = new AbortController()
  const abandoned = client.refresh(json, { signal: controller.signal })
  await request.hit
  controller.abort(new Error('gone'))
  await expect(abandoned).rejects.toThrow('gone')
  request.release()
  await network.clock.settle()
  expect(alice.session.refreshCount).toBe(2)
  expect(network.log.last).toMatchObject({ status: 200, outcome: 'aborted' })
})

test('delay takes its time, before the server acts or after', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.fault({ path, delay: 'request', ms: 5000 })
  network.fault({ path, delay: 'answer', ms: 5000 })
  const refresh = client.refresh(tokens)
  await network.clock.advance(4999)
  expect(alice.session.refreshCount).toBe(0)
  await network.clock.advance(1)
  expect(alice.session.refreshCount).toBe(1)
  expect(network.log.last?.outcome).toBe('pending')
  await network.clock.advance(5000)
  expect((await refresh).status).toBe(200)
})

test('status answers with an error of its own, and the server never acts', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.fault({ path, status: 503 })
  expect(await client.refresh(tokens)).toMatchObject({ status: 503, json: { error: 'NotEnoughResources' } })
  network.fault({ path, status: 418 })
  expect(await client.refresh(tokens)).toMatchObject({ status: 418, json: { error: 'Unknown' } })
  network.fault({ path, status: 400, body: '{"error":"mine"}', headers: { 'x-mine': 'yes' } })
  const answer = await client.refresh(tokens)
  expect([answer.status, answer.json, answer.headers.get('x-mine')]).toEqual([400, { error: 'mine' }, 'yes'])
  network.fault({ path, status: 204 })
  const empty = await network.fetch(network.issuer + path)
  expect([empty.status, empty.body]).toEqual([204, null])
  expect(alice.session.refreshCount).toBe(0)
})

test('a 429 says when to come back', async () => {
  const { network, client, tokens } = await signedInAlice()
  network.fault({ path: GET_SESSION, status: 429, headers: { 'retry-after': '30' } })
  const answer = await client.getSession(tokens)
  expect(answer).toMatchObject({ status: 429, json: { error: 'RateLimitExceeded' } })
  expect(answer.headers.get('retry-after')).toBe('30')
  expect((await client.getSession(tokens)).status).toBe(200)
})

test('redirect sends elsewhere by 307 or another status, and the server never acts', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.host('https://other.example', async (request) => Response.json({ got: await request.text() }))
  const elsewhere = 'https://other.example/there'
  network.fault({ path, redirect: elsewhere })
  const init = { method: 'POST', body: 'grant_type=refresh_token' }
  const followed = await network.fetch(network.issuer + path, init)
  expect([followed.status, followed.url]).toEqual([200, elsewhere])
  expect(await followed.json()).toEqual({ got: 'grant_type=refresh_token' })
  network.fault({ path, redirect: new URL(elsewhere), status: 302 })
  const manual = await network.fetch(network.issuer + path, { ...init, redirect: 'manual' })
  expect([manual.status, manual.headers.get('location')]).toEqual([302, elsewhere])
  network.fault({ path, redirect: elsewhere })
  const refused = network.fetch(network.issuer + path, { ...init, redirect: 'error' })
  await expect(refused).rejects.toMatchObject({ cause: { message: 'unexpected redirect' } })
  expect(network.log.count(elsewhere)).toBe(1)
  expect((await client.refresh(tokens)).status).toBe(200)
  expect(alice.session.refreshCount).toBe(1)
})

test('alter changes the true answer', async () => {
  const { network, alice, client, tokens } = await signedInAlice()
  network.fault({ path, alter: async (response) => Response.json(await response.json(), { status: 500 }) })
  expect(await client.refresh(tokens)).toMatchObject({ status: 500, json: { sub: alice.did } })
  expect(alice.session.refreshCount).toBe(1)
})

test('a body that hangs ends with its signal, or goes on', async () => {
  const { network } = await signedInAlice()
  const url = 'https://alice.example.com/.well-known/atproto-did'
  const fault = network.fault({ path: url, hang: 'body', times: 2 })
  const controller = new AbortController()
  const aborted = await network.fetch(url, { signal: controller.signal })
  const text = aborted.text()
  controller.abort(new Error('too late'))
  await expect(text).rejects.toThrow('too late')
  const patient = (await network.fetch(url)).text()
  fault.release()
  expect(await patient).toMatch(/^did:plc:[a-z2-7]{24}$/)
})

test('a request with an aborted signal is never sent', async () => {
  const { network } = await signedInAlice()
  const before = network.log.length
  const signal = AbortSignal.abort(new Error('no'))
  await expect(network.fetch(network.pds, { signal })).rejects.toThrow('no')
  await expect(network.fetch(new Request(network.pds, { signal }))).rejects.toThrow('no')
  expect(network.log).toHaveLength(before)
})

test('a time limit never strikes an answer that is on its way, and strikes one that hangs', async () => {
  const { network, client, tokens } = await signedInAlice()
  network.clock.auto()
  const limited = async () => {
    const controller = new AbortController()
    const done = new AbortController()
    const limit = network.clock.sleep(20_000, done.signal).then(
      () => controller.abort(new Error('time limit')),
      () => undefined,
    )
    try {
      return (await client.getSession(tokens, { signal: controller.signal })).status
    } finally {
      done.abort()
      await limit
    }
  }
  for (let i = 0; i < 20; i += 1) expect(await limited()).toBe(200)
  network.fault({ path: '/xrpc/com.atproto.server.getSession', hang: 'answer' })
  await expect(limited()).rejects.toThrow('time limit')
})
