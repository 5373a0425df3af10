import { expect, test } from 'vitest'
import { bearer, pdsScene, type PdsScene } from './scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const HOUR = 3_600_000

async function post({ network }: PdsScene, method: string, token: string) {
  const url = `${network.pds}/xrpc/com.atproto.server.${method}`
  const response = await network.fetch(url, { method: 'POST', headers: bearer(token) })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : {} }
}

test('an access token ends after two hours of the servers’ clock', async () => {
  const scene = pdsScene()
  const { accessJwt } = await scene.logIn()
  await scene.network.clock.advance(2 * HOUR - 1000)
  scene.network.clock.jumpWall(24 * HOUR)
  expect((await scene.call(GET_SESSION, bearer(accessJwt))).status).toBe(200)
  await scene.network.clock.advance(1000)
  const { status, json } = await scene.call(GET_SESSION, bearer(accessJwt))
  expect([status, json]).toEqual([400, { error: 'ExpiredToken', message: 'Token has expired' }])
})

test('a refresh token ends after ninety days, and can be deleted all the same', async () => {
  const scene = pdsScene()
  const { refreshJwt } = await scene.logIn()
  await scene.network.clock.advance(90 * 24 * HOUR)
  expect(await post(scene, 'refreshSession', refreshJwt)).toMatchObject({
    status: 400,
    json: { error: 'ExpiredToken', message: 'Token has expired' },
  })
  expect((await post(scene, 'deleteSession', refreshJwt)).status).toBe(200)
})

test('a used refresh token works for two hours more, and its successor lives on', async () => {
  const scene = pdsScene()
  const { refreshJwt } = await scene.logIn()
  const { json } = await post(scene, 'refreshSession', refreshJwt)
  await scene.network.clock.advance(2 * HOUR - 1)
  expect((await post(scene, 'refreshSession', refreshJwt)).status).toBe(200)
  await scene.network.clock.advance(1)
  expect(await post(scene, 'refreshSession', refreshJwt)).toMatchObject({
    status: 400,
    json: { error: 'ExpiredToken', message: 'Token has been revoked' },
  })
  expect((await post(scene, 'refreshSession', String(json.refreshJwt))).status).toBe(200)
})

test('an account that comes back after it was taken down has no session left', async () => {
  const scene = pdsScene()
  const { accessJwt, refreshJwt } = await scene.logIn()
  scene.alice.takeDown()
  expect((await post(scene, 'refreshSession', refreshJwt)).json.error).toBe('AccountTakedown')
  scene.alice.activate()
  expect((await post(scene, 'refreshSession', refreshJwt)).json.error).toBe('ExpiredToken')
  expect((await scene.call(GET_SESSION, bearer(accessJwt))).json).toMatchObject({ active: true })
})

test('signs in at the server of the account, and at no other', async () => {
  const scene = pdsScene()
  scene.network.addPds('https://pds2.example.com')
  scene.alice.moveTo('https://pds2.example.com')
  const input = { identifier: scene.alice.handle, password: scene.alice.password }
  expect((await scene.call('com.atproto.server.createSession', {}, input)).status).toBe(401)
})

test('a token of one server is none of another', async () => {
  const scene = pdsScene()
  scene.network.addPds('https://pds2.example.com')
  const { accessJwt } = await scene.logIn()
  const url = `https://pds2.example.com/xrpc/${GET_SESSION}`
  const response = await scene.network.fetch(url, { headers: bearer(accessJwt) })
  expect(await response.json()).toMatchObject({ error: 'InvalidToken' })
})
