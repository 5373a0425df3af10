// A process of its own, run by process-exit.test.ts: it restores a session over HTTP, calls, refreshes, and has nothing
// more to do. It prints what came of that. `argv`: the address that leads to the network, the record, how the storage fails.
import { memoryStorage, OAuthClient, type Storage, type StoredValue } from 'atproof'
import { systemClock } from '../../../src/http/clock.ts'

/** How much faster than the world the waiting goes here. */
const SPEED = 20

const [, , door = '', json = '', trouble] = process.argv
const record: StoredValue & { readonly sessionId: string } = JSON.parse(json)
const inner = memoryStorage()
await inner.put(`session/${record.sessionId}`, record, { ifVersion: null })
let tries = 0
const storage: Storage = {
  get: (key) => inner.get(key),
  async put(key, value, options) {
    const isRefreshed = JSON.stringify(value).includes('"gen":2')
    if (isRefreshed) tries++
    if (isRefreshed && trouble === 'full') throw new Error('the disk is full')
    return inner.put(key, value, options)
  },
  delete: (key, options) => inner.delete(key, options),
  list: (prefix) => inner.list(prefix),
}
const oauth = new OAuthClient({
  redirectUri: 'http://127.0.0.1/callback',
  storage,
  clock: { ...systemClock, sleep: (ms, signal, options) => systemClock.sleep(ms / SPEED, signal, options) },
  fetch: (url, { signal, ...init }) => {
    const { method, headers, body } = new Request(url, init)
    const form = body === null ? '' : String(init.body)
    const carried = { 'x-url': url, 'x-method': method, 'x-headers': JSON.stringify([...headers]) }
    return fetch(door, { method: 'POST', headers: carried, body: form, ...(signal && { signal }) })
  },
})
const client = await oauth.restore(record.sessionId)
const called = await client?.get('com.atproto.server.getSession')
const refreshed = await client?.refresh()
const again = await refreshed?.get('com.atproto.server.getSession')
console.log(JSON.stringify([called?.status, again?.status, refreshed?.session.stored]))
process.on('exit', () => console.log(JSON.stringify({ tries })))
