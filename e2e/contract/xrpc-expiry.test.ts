import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openXrpcScene, outcomeOf, shown, XRPC_WORLDS, type XrpcAnswer, type XrpcScene } from './xrpc-scene.ts'

const GET_SESSION = 'com.atproto.server.getSession'
const REFRESH = 'com.atproto.server.refreshSession'
const DELETE = 'com.atproto.server.deleteSession'
const POST = { method: 'POST' }
const HOUR = 60 * 60_000
const EXPIRED = [400, { error: 'ExpiredToken', message: 'Token has expired' }]
const REVOKED = [400, { error: 'ExpiredToken', message: 'Token has been revoked' }]

describe.each(XRPC_WORLDS)('on %s', (_, open) => {
  let scene: XrpcScene
  beforeAll(async () => {
    scene = await openXrpcScene(open)
  })
  afterAll(() => scene.world.close())

  const refresh = (refreshJwt: unknown) => scene.bearer(String(refreshJwt))(REFRESH, POST)
  const next = async (refreshJwt: unknown) => (await refresh(refreshJwt)).json.refreshJwt
  const end = (refreshJwt: unknown) => scene.bearer(String(refreshJwt))(DELETE, POST)

  test('an access token ends after two hours, for every method that looks at it', async () => {
    const { accessJwt, refreshJwt } = await scene.logIn()
    await scene.world.skip(2 * HOUR + 1000)
    const app = scene.bearer(accessJwt)
    const { did } = scene.alice
    const params = { did, cid: 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq' }
    const answers: XrpcAnswer[] = [
      await app(GET_SESSION),
      await app('com.atproto.repo.createRecord', {
        input: { repo: did, collection: 'com.example.note', record: {} },
      }),
      await app('com.atproto.repo.uploadBlob', { body: 'x', headers: { 'content-type': 'text/plain' } }),
      await app('com.atproto.server.getServiceAuth', { params: { aud: 'did:web:api.example.com' } }),
      await app('com.atproto.sync.getBlob', { params }),
    ]
    expect(answers.map(shown)).toEqual(answers.map(() => EXPIRED))
    expect(answers.map(({ headers }) => headers.get('www-authenticate'))).toEqual(answers.map(() => null))
    expect((await app('com.atproto.server.describeServer')).status).toBe(200)
    expect((await refresh(refreshJwt)).status).toBe(200)
  })

  test('a refresh token that was used works for two hours more', async () => {
    const { refreshJwt } = await scene.logIn()
    const following = await next(refreshJwt)
    await scene.world.skip(2 * HOUR - 60_000)
    expect((await refresh(refreshJwt)).status).toBe(200)
    await scene.world.skip(61_000)
    expect(shown(await refresh(refreshJwt))).toEqual(REVOKED)
    expect((await refresh(following)).status).toBe(200)
  })

  test('a used refresh token ends only itself', async () => {
    const { refreshJwt } = await scene.logIn()
    const following = await next(refreshJwt)
    expect((await end(refreshJwt)).status).toBe(200)
    expect(shown(await refresh(refreshJwt))).toEqual(REVOKED)
    expect((await refresh(following)).status).toBe(200)
  })

  test('after its next one was ended, a used refresh token begins the session anew', async () => {
    const { refreshJwt } = await scene.logIn()
    const following = await next(refreshJwt)
    expect((await end(following)).status).toBe(200)
    expect(shown(await refresh(following))).toEqual(REVOKED)
    expect((await refresh(refreshJwt)).status).toBe(200)
    expect((await refresh(following)).status).toBe(200)
  })

  test('a refresh token ends after ninety days, and may be ended after that too', async () => {
    const { refreshJwt } = await scene.logIn()
    await scene.world.skip(90 * 24 * HOUR + 1000)
    expect(shown(await refresh(refreshJwt))).toEqual(EXPIRED)
    expect(outcomeOf(await end(refreshJwt))).toBe('200')
  })
})
