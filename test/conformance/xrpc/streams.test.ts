import { expect, test } from 'vitest'
import { failureOf } from '../scene.ts'
import { GET_SESSION, HOUR, MINUTE, signedInAlice, type SignedInScene } from '../refresh/scene.ts'

const UPLOAD = 'com.atproto.repo.uploadBlob'
const stream = () => new Blob(['hello']).stream()

/** Requests by their method and status, in order. */
const story = ({ network }: SignedInScene) =>
  network.log.entries.map(({ url, status }) => `${new URL(url).pathname.replace('/xrpc/', '')} ${status}`)

/** Alice's client in a process that has just begun: it knows no nonce. */
async function coldAlice() {
  const scene = await signedInAlice()
  const client = await scene.otherProcess()
  scene.network.log.clear()
  return { ...scene, client }
}

test('[G9] an upload of a stream is the first request of a process: a small one fetches the nonce', async () => {
  const scene = await coldAlice()
  const { data } = await scene.client.post(UPLOAD, { input: stream(), encoding: 'text/plain' })
  expect(data.blob).toMatchObject({ size: 5, mimeType: 'text/plain' })
  expect(story(scene)).toEqual([`${GET_SESSION} 401`, `${GET_SESSION} 200`, `${UPLOAD} 200`])
})

test('[G9] nothing goes ahead of what can be sent again', async () => {
  const scene = await coldAlice()
  await scene.client.post(UPLOAD, { input: stream, encoding: 'text/plain' })
  expect(story(scene)).toEqual([`${UPLOAD} 401`, `${UPLOAD} 200`])
})

test('[G9] nothing goes ahead of a stream while the nonce is young', async () => {
  const scene = await coldAlice()
  await scene.client.get(GET_SESSION)
  scene.network.log.clear()
  await scene.clock.advance(MINUTE - 1)
  await scene.client.post(UPLOAD, { input: stream() })
  expect(story(scene)).toEqual([`${UPLOAD} 200`])
})

test('[G9] a small request goes ahead of a stream when the nonce may have grown old', async () => {
  const scene = await coldAlice()
  await scene.client.get(GET_SESSION)
  scene.network.log.clear()
  scene.network.rotateNonces()
  await scene.clock.advance(MINUTE)
  await scene.client.post(UPLOAD, { input: stream() })
  expect(story(scene)).toEqual([`${GET_SESSION} 401`, `${GET_SESSION} 200`, `${UPLOAD} 200`])
})

test('[G9] what goes ahead carries nothing of the call, and is sent to no other service', async () => {
  const scene = await coldAlice()
  const client = scene.client.with({ proxy: 'did:web:api.example.com#api', headers: { 'x-app': 'a' } })
  await client.post(UPLOAD, { input: stream() })
  const { headers } = scene.network.log.entries[0] ?? {}
  expect(headers?.has('authorization')).toBe(true)
  expect(headers?.has('atproto-proxy')).toBe(false)
  expect(headers?.has('x-app')).toBe(false)
})

test('[R3] [G9] a token near its end is refreshed before a stream is sent', async () => {
  const scene = await coldAlice()
  await scene.clock.advance(2 * HOUR)
  await scene.client.post(UPLOAD, { input: stream() })
  const requests = story(scene)
  expect(requests.filter((request) => request.startsWith('/oauth/token'))).toContain('/oauth/token 200')
  expect(requests.slice(-1)).toEqual([`${UPLOAD} 200`])
  expect(requests.filter((request) => request.startsWith(UPLOAD))).toHaveLength(1)
})

test('[R2] [G9] a token that is refused is refused to the small request, and the stream goes with the new one', async () => {
  const scene = await coldAlice()
  scene.alice.expireAccessTokens()
  const upload = scene.client.post(UPLOAD, { input: stream() })
  await scene.clock.advance(1000)
  expect((await upload).status).toBe(200)
  expect(story(scene).filter((request) => request.startsWith(UPLOAD))).toEqual([`${UPLOAD} 200`])
})

test('[G9] a stream is unused where what goes ahead fails', async () => {
  const scene = await coldAlice()
  scene.network.fault({ path: `/xrpc/${GET_SESSION}`, refuse: true })
  const input = stream()
  expect(await failureOf(scene.client.post(UPLOAD, { input }))).toMatchObject({ code: 'unreachable' })
  expect(input.locked).toBe(false)
  expect((await scene.client.post(UPLOAD, { input })).status).toBe(200)
})

test('[G9] a server that does not let the session be asked for gets the stream all the same', async () => {
  const scene = await coldAlice()
  scene.network.respond(GET_SESSION, () => Response.json({ error: 'Forbidden' }, { status: 403 }))
  expect((await scene.client.post(UPLOAD, { input: stream() })).status).toBe(200)
})

test('[G9] [R4] a stream that is refused all the same says what to do, and a function that makes one is sent again', async () => {
  const scene = await coldAlice()
  await scene.client.get(GET_SESSION)
  scene.network.rotateNonces()
  expect(await failureOf(scene.client.post(UPLOAD, { input: stream() }))).toMatchObject({
    name: 'XrpcError',
    status: 401,
    error: 'use_dpop_nonce',
    retryable: false,
    action: 'give `input` as a function that makes the stream: a stream can be sent only once',
  })
  scene.network.rotateNonces()
  expect((await scene.client.post(UPLOAD, { input: stream })).status).toBe(200)
})

test('[R4] [G9] a stream whose token is refused is lost, and a small request finds out ahead of the next', async () => {
  const scene = await coldAlice()
  await scene.client.get(GET_SESSION)
  scene.alice.expireAccessTokens()
  expect(await failureOf(scene.client.post(UPLOAD, { input: stream() }))).toMatchObject({ status: 401 })
  scene.network.log.clear()
  const upload = scene.client.post(UPLOAD, { input: stream() })
  await scene.clock.advance(1000)
  expect((await upload).status).toBe(200)
  const requests = story(scene)
  expect(requests.slice(0, 2)).toEqual([`${GET_SESSION} 401`, `${GET_SESSION} 401`])
  expect(requests).toContain('/oauth/token 200')
  expect(requests.slice(-2)).toEqual([`${GET_SESSION} 200`, `${UPLOAD} 200`])
})

test('[R4] [G9] nothing goes ahead any more once the token has turned out to be good', async () => {
  const scene = await coldAlice()
  await scene.client.get(GET_SESSION)
  const headers = { 'www-authenticate': 'DPoP error="invalid_token"' }
  scene.network.fault({ path: `/xrpc/${UPLOAD}`, respond: () => Response.json({}, { status: 401, headers }) })
  expect(await failureOf(scene.client.post(UPLOAD, { input: stream() }))).toMatchObject({ status: 401 })
  scene.network.log.clear()
  await scene.client.post(UPLOAD, { input: stream() })
  await scene.client.post(UPLOAD, { input: stream() })
  expect(story(scene)).toEqual([`${GET_SESSION} 200`, `${UPLOAD} 200`, `${UPLOAD} 200`])
})

test('[G9] an error that has nothing to do with its being a stream says nothing of it', async () => {
  const scene = await coldAlice()
  scene.network.respond(UPLOAD, () => Response.json({ error: 'InvalidRequest' }, { status: 400 }))
  const error = await failureOf(scene.client.post(UPLOAD, { input: stream() }))
  expect(error).toMatchObject({ error: 'InvalidRequest' })
  expect(error.action).toBeUndefined()
})

test('[G9] a stream of fetchHandler is the first request, too', async () => {
  const scene = await coldAlice()
  const init = { method: 'POST', body: stream(), headers: { 'content-type': 'text/plain' } }
  expect((await scene.client.fetchHandler(`/xrpc/${UPLOAD}`, init)).status).toBe(200)
})

test('[J14] an abort ends what goes ahead of a stream', async () => {
  const scene = await coldAlice()
  scene.network.fault({ path: `/xrpc/${GET_SESSION}`, hang: 'request' })
  const controller = new AbortController()
  const input = stream()
  const failure = scene.client.post(UPLOAD, { input, signal: controller.signal }).catch((error: unknown) => error)
  await scene.clock.settle()
  controller.abort('closed')
  expect(await failure).toBe('closed')
  expect(input.locked).toBe(false)
})
