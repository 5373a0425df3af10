import { expect, test } from 'vitest'
import { type Network, offlineFetch } from '../../../src/browser/offline-fetch.ts'

const TOKEN = 'https://pds.example.com/oauth/token'

/** A browser whose network a test switches, and whose requests fail when the test says so. */
function scene({ onLine = false } = {}) {
  const target = new EventTarget()
  const navigator = { onLine }
  const listeners = { count: 0 }
  const network: Network = {
    navigator,
    addEventListener: (type: string, listener: EventListener) => {
      listeners.count++
      target.addEventListener(type, listener)
    },
    removeEventListener: (type: string, listener: EventListener) => {
      listeners.count--
      target.removeEventListener(type, listener)
    },
  }
  const { promise, resolve, reject } = Promise.withResolvers<Response>()
  const transport = offlineFetch(() => promise, network)
  const turn = (isOn: boolean) => {
    navigator.onLine = isOn
    target.dispatchEvent(new Event(isOn ? 'online' : 'offline'))
  }
  /** What becomes of a request that fails: whether it is known that nothing was sent. */
  const failing = async (url = TOKEN, meanwhile = () => {}): Promise<boolean> => {
    const failure = transport.fetch(url, {}).catch((error: unknown) => error)
    meanwhile()
    reject(new TypeError('Failed to fetch'))
    return transport.isUnsent(await failure)
  }
  return { transport, failing, turn, resolve, listeners }
}

test('[R21] nothing was sent where the browser was offline all the while', async () => {
  const { failing, listeners } = scene()
  expect(await failing()).toBe(true)
  expect(listeners.count).toBe(0)
})

test('[R22] nobody knows where the network went away meanwhile', async () => {
  const { failing, turn } = scene({ onLine: true })
  expect(await failing(TOKEN, () => turn(false))).toBe(false)
})

test('[R22] nobody knows where the network came back meanwhile, for however short a time', async () => {
  const { failing, turn } = scene()
  const flicker = () => {
    turn(true)
    turn(false)
  }
  expect(await failing(TOKEN, flicker)).toBe(false)
  const back = scene()
  expect(await back.failing(TOKEN, () => back.turn(true))).toBe(false)
})

test.each(['http://localhost:2583/oauth/token', 'http://127.0.0.1:2583/oauth/token'])(
  '[R22] a server on this machine may have heard it offline too: %s',
  async (url) => {
    expect(await scene().failing(url)).toBe(false)
  },
)

test('an answer is an answer, whatever the browser says of its network', async () => {
  const { transport, resolve, listeners } = scene()
  const asking = transport.fetch(TOKEN, {})
  resolve(new Response('yes'))
  expect(await (await asking).text()).toBe('yes')
  expect(listeners.count).toBe(0)
})

test('knows of no other failure', () => {
  const { transport } = scene()
  expect([new TypeError('Failed to fetch'), undefined, 'gone'].map(transport.isUnsent)).toEqual([
    false,
    false,
    false,
  ])
})
