import { memoryStorage, OAuthClient, type Storage, type StoredValue } from 'atproof'
import { type FakeNetwork, fakeNetwork, testClock } from 'atproof/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { type RunningWorker, startWorker } from './runtimes/workerd.ts'

const ENTRY = new URL('entry-shared-worker.ts', import.meta.url)
const HANDLE = 'alice.example.com'
const PDS = 'https://pds.example.com'
const TOKEN_ENDPOINT = '/oauth/token'
/** Of real time, for each answer of the network: long enough that two requests meet. */
const DELAY_MS = 50
const HOUR = 3_600_000
/** A second as the Worker's timers have it, and more. */
const SECOND_MS = 200

const running: RunningWorker[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.close()))
})

/** A Worker on a network that takes its time. */
async function startOn(network: FakeNetwork, compatibilityDate?: string): Promise<RunningWorker> {
  const outside = async (url: string, { method = 'GET', headers, body }: RequestInit) => {
    await pause(DELAY_MS)
    return network.fetch(url, { method, ...(headers && { headers }), ...(body && { body }) })
  }
  const worker = await startWorker(ENTRY, { outside, ...(compatibilityDate && { compatibilityDate }) })
  running.push(worker)
  return worker
}

/** Alice's network, and an isolate that looks her up for each request. */
async function scene(compatibilityDate?: string) {
  const network = fakeNetwork()
  network.createAccount(HANDLE)
  const worker = await startOn(network, compatibilityDate)
  const ask = async (signal?: AbortSignal) =>
    (await worker.fetch(`http://worker.invalid/find/${HANDLE}`, signal ? { signal } : {})).text()
  return { network, ask }
}

/** Alice's session in the storage of an isolate, whose requests call with it. */
async function signedInScene(change: (record: StoredRecord) => object) {
  const network = fakeNetwork({ clock: testClock({ start: Date.now() }) })
  const storage = jsonStorage()
  const oauth = new OAuthClient({ ...network.clientOptions, redirectUri: 'http://127.0.0.1/callback', storage })
  const { session } = await network.signIn(HANDLE, { oauth })
  const key = `session/${session.sessionId}`
  const record: StoredRecord = JSON.parse(JSON.stringify((await storage.get(key))?.value))
  const worker = await startOn(network)
  const body = JSON.stringify({ ...record, ...change(record) })
  await worker.fetch('http://worker.invalid/session', { method: 'PUT', body })
  network.log.clear()
  const call = async (...how: readonly ('hold' | 'leave')[]) => {
    const url = `http://worker.invalid/call/${encodeURIComponent(session.sessionId)}?${how.join('&')}`
    return (await worker.fetch(url)).text()
  }
  return {
    network,
    call,
    told: async (): Promise<unknown> => (await worker.fetch('http://worker.invalid/told')).json(),
    stored: async (): Promise<unknown> =>
      (await worker.fetch(`http://worker.invalid/stored/${encodeURIComponent(session.sessionId)}`)).json(),
    fill: (answer: 'yes' | 'no') => worker.fetch(`http://worker.invalid/full/${answer}`),
    /** Token requests that got past the nonce. */
    tokenRequests: () => network.log.to(TOKEN_ENDPOINT).filter(({ error }) => error !== 'use_dpop_nonce').length,
  }
}

interface StoredRecord {
  readonly tokens: object
}

const expired = ({ tokens }: StoredRecord) => ({ tokens: { ...tokens, expiresAt: Date.now() - 1 } })

/** One whose values can be sent elsewhere. */
function jsonStorage(): Storage {
  const inner = memoryStorage()
  return {
    get: (key) => inner.get(key),
    put: (key, value: StoredValue, options) => inner.put(key, value, options),
    delete: (key, options) => inner.delete(key, options),
    list: (prefix) => inner.list(prefix),
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

// There, what one request fetches another must not wait for: it fails, or hangs for good.
describe('requests of one isolate in workerd', () => {
  test('[A17] find an account at the same time, and share what was found', async () => {
    const { network, ask } = await scene()
    const first = ask()
    await pause(DELAY_MS / 2)
    expect(await Promise.all([first, ask()])).toEqual([PDS, PDS])
    expect(network.log.count(/plc\.directory/)).toBe(2)
    expect(await ask()).toBe(PDS)
    expect(network.log.count(/plc\.directory/)).toBe(2)
  })

  test('[A17] find it where the request that asked first is given up', async () => {
    const { ask } = await scene()
    const controller = new AbortController()
    const leaving = expect(ask(controller.signal)).rejects.toBeDefined()
    await pause(DELAY_MS / 2)
    const staying = ask()
    await pause(DELAY_MS / 2)
    controller.abort()
    await leaving
    expect(await staying).toBe(PDS)
  })

  test('find it where fetch knows no cache mode yet', async () => {
    const { ask } = await scene('2023-01-01')
    expect(await ask()).toBe(PDS)
  })

  test('[H1] refresh an expired token once', async () => {
    const { call, tokenRequests, told } = await signedInScene(expired)
    const calls = Array.from({ length: 5 }, () => call('hold'))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['200']))
    expect(tokenRequests()).toBe(1)
    expect(await told()).toContain('refreshed')
  })

  test('[H1] [R2] doubt a refused token once, and refresh it once', async () => {
    const { network, call, tokenRequests } = await signedInScene(() => ({}))
    network.account(HANDLE)?.expireAccessTokens()
    const calls = Array.from({ length: 5 }, () => call('hold'))
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['200']))
    expect(tokenRequests()).toBe(1)
  })

  test('[R3] go on with the refresh of a request that has left and holds the runtime', async () => {
    const { network, call, tokenRequests, told } = await signedInScene(expired)
    const slow = network.fault({ path: TOKEN_ENDPOINT, hang: 'answer' })
    expect(await call('hold', 'leave')).toBe('left')
    const staying = call('hold')
    await pause(DELAY_MS)
    slow.release()
    expect(await staying).toBe('200')
    expect(tokenRequests()).toBe(1)
    expect(await told()).toContain('stored')
  })

  test('[R13] wait no longer than for another process where a request was stopped over its refresh', async () => {
    const { network, call, told } = await signedInScene(expired)
    network.fault({ path: TOKEN_ENDPOINT, hang: 'request' })
    expect(await call('leave')).toBe('left')
    network.account(HANDLE)?.expireAccessTokens()
    expect(await call()).toMatch(/^SessionError: .*has not been answered yet/)
    expect(await told()).toEqual(['refresh_begun', 'uncertain', 'nonce_retried', 'refresh_awaited'])
  }, 20_000)

  test('[R11] refresh where a request was stopped before it sent anything', async () => {
    const { network, call, tokenRequests } = await signedInScene((record) => ({
      ...expired(record),
      checkedAt: Date.now() - HOUR,
    }))
    network.fault({ path: '/.well-known/oauth-protected-resource', hang: 'request' })
    expect(await call('leave')).toBe('left')
    expect(await Promise.all([call(), call()])).toEqual(['200', '200'])
    expect(tokenRequests()).toBe(1)
  })

  test('[R25] store what a request could not that has ended', async () => {
    const { call, fill, stored, told } = await signedInScene(expired)
    await fill('yes')
    expect(await call()).toBe('200')
    await pause(SECOND_MS)
    expect(await stored()).toMatchObject({ gen: 1 })
    await fill('no')
    expect(await call('hold')).toBe('200')
    expect(await stored()).toMatchObject({ gen: 2, attempt: null })
    expect(await told()).toEqual(['refresh_begun', 'nonce_retried', 'store_failed', 'refreshed', 'stored'])
  })

  test('[G2] let one of them learn the nonce', async () => {
    const { network, call } = await signedInScene(() => ({}))
    const calls = Array.from({ length: 5 }, () => call())
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['200']))
    expect(network.log.count(/getSession/)).toBe(6)
  })

  test('[G2] wait a second at most for one that was stopped before it learned it', async () => {
    const { network, call } = await signedInScene(() => ({}))
    network.fault({ path: '/xrpc/com.atproto.server.getSession', hang: 'request' })
    expect(await call('leave')).toBe('left')
    expect(await Promise.all([call(), call()])).toEqual(['200', '200'])
  })
})
