import { nsid } from 'atproof'
import { resume, type OAuthClient } from 'atproof/browser'
import { afterEach, expect, test, vi } from 'vitest'
import { browserScene, failureOf, signedIn } from './scene.ts'

const PART = '../../../src/browser/call-parts.ts'
const GET = nsid('com.example.getThings')
const MISSING = { name: 'NetworkError', code: 'unreachable', retryable: true }

afterEach(() => {
  vi.doUnmock(PART)
})

// In a file of its own: the part is loaded anew afterwards.
function goOffline(): void {
  vi.doMock(PART, () => {
    throw new Error('offline')
  })
}

/** Alice's client in a tab that was opened again, where what few calls need cannot be loaded. */
async function restored() {
  const scene = browserScene()
  await signedIn(scene)
  goOffline()
  const client = await clientOf(scene.open().oauth)
  scene.network.log.clear()
  return { ...scene, client }
}

async function clientOf(oauth: OAuthClient) {
  const resumed = await resume(oauth)
  if (!resumed) throw new Error('nobody is signed in')
  return resumed.client
}

test('a usual call goes well where the rest of calls cannot be loaded', async () => {
  const { client, alice } = await restored()
  const { data } = await client.get('com.atproto.server.getSession')
  expect(data.did).toBe(alice.did)
})

test('what else a call can need is said to be missing, and is there once it can be loaded', async () => {
  const { client, network } = await restored()
  const view = client.with({ headers: { 'x-app': 'a' } })
  expect(await failureOf(view.get('com.atproto.server.getSession'))).toMatchObject(MISSING)
  expect(await failureOf(client.records('com.atproto.lexicon.schema').get('a.b.c'))).toMatchObject(MISSING)
  expect(network.log.entries).toEqual([])
  // The server has answered: no failure of the network, and nothing to try again as if it had not.
  const unread = await failureOf(client.get(GET))
  expect(unread).toMatchObject({ name: 'XrpcError', code: 'error_response', status: 400, retryable: false })
  expect(String(unread)).toContain('what reads it could not be loaded')
  vi.doUnmock(PART)
  expect((await view.get('com.atproto.server.getSession')).status).toBe(200)
  expect(await failureOf(client.get(GET))).toMatchObject({ name: 'XrpcError', code: 'error_response' })
  const wrong: object = { timeoutMs: 0 }
  expect(() => client.with(wrong)).toThrow(/^timeoutMs: expected a time in ms/)
})

test('what was loaded after a client was restored is kept: its file may be gone when it is needed', async () => {
  const scene = browserScene()
  await signedIn(scene)
  const client = await clientOf(scene.open().oauth)
  await vi.dynamicImportSettled()
  goOffline()
  expect(await failureOf(client.get(GET))).toMatchObject({ name: 'XrpcError', code: 'error_response' })
})
