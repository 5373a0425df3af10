import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type RealNetwork, startNetwork } from './start.ts'

const DESCRIBE = '/xrpc/com.atproto.server.describeServer'
const CREATE = '/xrpc/com.atproto.server.createAccount'
const RESOLVE = '/xrpc/com.atproto.identity.resolveHandle'

let network: RealNetwork
beforeAll(async () => {
  network = await startNetwork()
})
afterAll(() => network.close())
beforeEach(() => network.requests())

const describeServer = (init?: RequestInit) => fetch(network.pds + DESCRIBE, init)
const createAccount = (handle: string, init?: RequestInit) =>
  fetch(network.pds + CREATE, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ handle, password: 'secret', email: `${handle}@mail.com` }),
    ...init,
  })
const hasAccount = async (handle: string) => (await fetch(`${network.pds}${RESOLVE}?handle=${handle}`)).ok

test('runs a PDS and, in its DID documents, the directory and that PDS under loopback names', async () => {
  const { did } = await network.createAccount({ handle: 'alice.test', password: 'secret' })
  const document: unknown = await (await fetch(`${network.plc}/${did}`)).json()
  expect(document).toMatchObject({ id: did, service: [{ serviceEndpoint: network.pds }] })
  expect(network.pds).toMatch(/^http:\/\/localhost:\d+$/)
})

test('says why an account was not created', async () => {
  await network.createAccount({ handle: 'bob.test', password: 'secret' })
  await expect(network.createAccount({ handle: 'bob.test', password: 'secret' })).rejects.toThrow(
    /400 .*bob\.test/,
  )
})

test('logs requests in order and each of them once, but none of its own', async () => {
  await network.createAccount({ handle: 'carol.test', password: 'secret' })
  await describeServer({ method: 'POST' })
  await hasAccount('carol.test')
  expect(await network.requests()).toEqual([
    { method: 'POST', path: DESCRIBE, status: 400 },
    { method: 'GET', path: RESOLVE, status: 200 },
  ])
  expect(await network.requests()).toEqual([])
})

test('logs a request only when it is answered', async () => {
  await network.fail({ kind: 'delay', ms: 300, path: DESCRIBE })
  const slow = describeServer()
  await hasAccount('alice.test')
  expect((await network.requests()).map(({ path }) => path)).toEqual([RESOLVE])
  await slow
  expect((await network.requests()).map(({ path }) => path)).toEqual([DESCRIBE])
})

test('answers in place of the server as often as it was told to', async () => {
  await network.fail({
    kind: 'status',
    status: 503,
    times: 2,
    path: CREATE,
    body: 'no',
    headers: { 'retry-after': '1' },
  })
  const first = await createAccount('dan.test')
  expect([first.status, first.headers.get('retry-after'), await first.text()]).toEqual([503, '1', 'no'])
  expect((await createAccount('dan.test')).status).toBe(503)
  expect(await hasAccount('dan.test')).toBe(false)
  expect((await createAccount('dan.test')).status).toBe(200)
})

test('fails only the path and the method that a fault names, and never a preflight unasked', async () => {
  await network.fail({ kind: 'status', status: 503, path: DESCRIBE })
  expect((await describeServer({ method: 'OPTIONS' })).status).toBe(204)
  expect(await hasAccount('nobody.test')).toBe(false)
  expect((await describeServer()).status).toBe(503)
  await network.fail({ kind: 'status', status: 503, path: DESCRIBE, method: 'OPTIONS' })
  expect((await describeServer()).status).toBe(200)
  expect((await describeServer({ method: 'OPTIONS' })).status).toBe(503)
})

test('loses a request before the server acts', async () => {
  await network.fail({ kind: 'lose-request', path: CREATE })
  await expect(createAccount('erin.test')).rejects.toThrow('fetch failed')
  expect(await hasAccount('erin.test')).toBe(false)
  expect((await network.requests())[0]).toEqual({ method: 'POST', path: CREATE, status: 0 })
})

test('loses an answer after the server acted', async () => {
  await network.fail({ kind: 'lose-answer', path: CREATE })
  await expect(createAccount('frank.test')).rejects.toThrow('fetch failed')
  expect(await hasAccount('frank.test')).toBe(true)
  expect((await network.requests())[0]).toEqual({ method: 'POST', path: CREATE, status: 200 })
})

test('loses the first answer of a status, however many others come before', async () => {
  await network.fail({ kind: 'lose-answer', onlyStatus: 200, path: CREATE })
  expect((await createAccount('alice.test')).status).toBe(400)
  expect((await createAccount('no handle')).status).toBe(400)
  await expect(createAccount('grace.test')).rejects.toThrow('fetch failed')
  expect((await createAccount('heidi.test')).status).toBe(200)
})

test('keeps an answer back once the server has acted', async () => {
  await network.fail({ kind: 'delay-answer', onlyStatus: 200, ms: 1500, path: CREATE })
  expect((await createAccount('alice.test')).status).toBe(400)
  const answer = createAccount('judy.test').then(() => 'answered')
  await expect.poll(() => hasAccount('judy.test'), { timeout: 5000 }).toBe(true)
  expect(await Promise.race([answer, Promise.resolve('kept back')])).toBe('kept back')
  expect(await answer).toBe('answered')
})

test('lets the server act late, also for a client that gave up', async () => {
  await network.fail({ kind: 'delay', ms: 400, path: CREATE })
  await expect(createAccount('ivan.test', { signal: AbortSignal.timeout(100) })).rejects.toThrow('aborted')
  expect(await hasAccount('ivan.test')).toBe(false)
  await expect.poll(() => hasAccount('ivan.test'), { timeout: 5000 }).toBe(true)
})
