import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Person } from './world.ts'
import { openXrpcScene, outcomeOf, type Xrpc, XRPC_WORLDS, type XrpcScene } from './xrpc-scene.ts'

const CREATE_SESSION = 'com.atproto.server.createSession'
const GET_SESSION = 'com.atproto.server.getSession'
const REFRESH = 'com.atproto.server.refreshSession'
const DELETE = 'com.atproto.server.deleteSession'
const POST = { method: 'POST' }

const jtiOf = (token: unknown) => decodeJwt(String(token)).jti

/** What a session may do, by the name of the method. */
async function tryAll(call: Xrpc, { did }: Person): Promise<Record<string, string>> {
  const record = { repo: did, collection: 'com.example.note', record: {} }
  const blob = { body: 'x', headers: { 'content-type': 'text/plain' } }
  const params = { aud: 'did:web:api.example.com', lxm: 'com.example.do' }
  return {
    getSession: outcomeOf(await call('com.atproto.server.getSession')),
    createRecord: outcomeOf(await call('com.atproto.repo.createRecord', { input: record })),
    uploadBlob: outcomeOf(await call('com.atproto.repo.uploadBlob', blob)),
    getServiceAuth: outcomeOf(await call('com.atproto.server.getServiceAuth', { params })),
  }
}

describe.each(XRPC_WORLDS)('on %s', (_, open) => {
  let scene: XrpcScene
  let app: Xrpc
  beforeAll(async () => {
    scene = await openXrpcScene(open)
    app = await scene.signIn()
  })
  afterAll(() => scene.world.close())

  const facts = () => ({
    did: scene.alice.did,
    handle: scene.alice.handle,
    email: expect.any(String),
    emailConfirmed: false,
    active: true,
  })

  test('a password signs in by handle in any case, DID and e-mail', async () => {
    const { did, handle, password } = scene.alice
    const logIn = (identifier: string) => scene.nobody(CREATE_SESSION, { input: { identifier, password } })
    const { status, json } = await logIn(handle)
    const tokens = { accessJwt: expect.any(String), refreshJwt: expect.any(String) }
    expect([status, json]).toEqual([200, { ...tokens, ...facts() }])
    const others = await Promise.all([did, handle.toUpperCase(), String(json.email)].map(logIn))
    expect(others.map((answer) => answer.status)).toEqual([200, 200, 200])
  })

  test('a wrong password and a missing account look alike', async () => {
    const { handle, password } = scene.alice
    const refusal = { error: 'AuthenticationRequired', message: 'Invalid identifier or password' }
    const wrong = [
      { identifier: handle, password: 'wrong' },
      { identifier: handle, password: '' },
      { identifier: 'nobody.test', password },
      { identifier: `@${handle}`, password },
    ]
    const answers = await Promise.all(wrong.map((input) => scene.nobody(CREATE_SESSION, { input })))
    expect(answers.map(({ status, json }) => ({ status, json }))).toEqual(
      wrong.map(() => ({ status: 401, json: refusal })),
    )
    expect((await scene.nobody(CREATE_SESSION, { input: { identifier: handle } })).json.message).toBe(
      'Missing required key "password" at $',
    )
  })

  test('its tokens are JWTs that live two hours and ninety days', async () => {
    const { accessJwt, refreshJwt } = await scene.logIn()
    const [access, refresh] = [decodeJwt(accessJwt), decodeJwt(refreshJwt)]
    expect(decodeProtectedHeader(accessJwt)).toEqual({ typ: 'at+jwt', alg: 'HS256' })
    expect(decodeProtectedHeader(refreshJwt)).toEqual({ typ: 'refresh+jwt', alg: 'HS256' })
    const { did } = (await scene.nobody('com.atproto.server.describeServer')).json
    const common = { aud: did, sub: scene.alice.did, iat: expect.any(Number), exp: expect.any(Number) }
    expect(access).toEqual({ ...common, scope: 'com.atproto.access' })
    expect(refresh).toEqual({ ...common, scope: 'com.atproto.refresh', jti: expect.any(String) })
    expect(Number(access.exp) - Number(access.iat)).toBe(2 * 3600)
    expect(Number(refresh.exp) - Number(refresh.iat)).toBe(90 * 24 * 3600)
  })

  test('each token is good for its own purpose only', async () => {
    const { accessJwt, refreshJwt } = await scene.logIn()
    const [access, refresh] = [scene.bearer(accessJwt), scene.bearer(refreshJwt)]
    expect((await access(GET_SESSION)).json).toEqual(facts())
    const refusal = { error: 'InvalidToken', message: 'Token could not be verified' }
    expect((await refresh(GET_SESSION)).json).toEqual(refusal)
    expect((await access(REFRESH, POST)).json).toEqual(refusal)
    expect((await access(DELETE, POST)).json).toEqual(refusal)
    expect(outcomeOf(await scene.nobody(REFRESH, POST))).toBe('401 AuthMissing')
    expect(outcomeOf(await app(REFRESH, POST))).toBe('401 AuthMissing')
    expect(outcomeOf(await app(DELETE, POST))).toBe('401 AuthMissing')
  })

  test('a refresh token works again for a while, and gives the same next session', async () => {
    const { refreshJwt, accessJwt } = await scene.logIn()
    const [first, again] = [
      await scene.bearer(refreshJwt)(REFRESH, POST),
      await scene.bearer(refreshJwt)(REFRESH, POST),
    ]
    expect(first.json).toEqual({ accessJwt: expect.any(String), refreshJwt: expect.any(String), ...facts() })
    expect(jtiOf(again.json.refreshJwt)).toBe(jtiOf(first.json.refreshJwt))
    expect(jtiOf(first.json.refreshJwt)).not.toBe(jtiOf(refreshJwt))
    expect((await scene.bearer(accessJwt)(GET_SESSION)).status).toBe(200)
  })

  test('a refresh has no input', async () => {
    const { refreshJwt } = await scene.logIn()
    const { status, json } = await scene.bearer(refreshJwt)(REFRESH, { input: {} })
    const message = 'A request body was provided when none was expected'
    expect([status, json]).toEqual([400, { error: 'InvalidRequest', message }])
  })

  test('a session that was deleted is not refreshed, and its access token lives on', async () => {
    const { accessJwt, refreshJwt } = await scene.logIn()
    const refresh = scene.bearer(refreshJwt)
    expect(await refresh(DELETE, POST)).toMatchObject({ status: 200, json: { text: '' } })
    const { status, json } = await refresh(REFRESH, POST)
    expect([status, json]).toEqual([400, { error: 'ExpiredToken', message: 'Token has been revoked' }])
    expect((await refresh(DELETE, POST)).status).toBe(200)
    expect((await scene.bearer(accessJwt)(GET_SESSION)).status).toBe(200)
  })

  test('the server describes itself', async () => {
    expect((await scene.nobody('com.atproto.server.describeServer')).json).toEqual({
      did: expect.stringMatching(/^did:web:/),
      availableUserDomains: ['.test'],
      inviteCodeRequired: false,
      blobUploadLimit: 5_242_880,
      links: {},
      contact: {},
    })
  })

  test('a handle is resolved, in any case', async () => {
    const resolve = (handle: string) => scene.nobody('com.atproto.identity.resolveHandle', { params: { handle } })
    expect((await resolve(scene.alice.handle.toUpperCase())).json).toEqual({ did: scene.alice.did })
    expect((await resolve('nobody.test')).json).toEqual({
      error: 'HandleNotFound',
      message: 'Unable to resolve handle',
    })
    expect((await resolve('nobody.example.com')).json).toEqual({
      error: 'InvalidRequest',
      message: 'Unable to resolve handle',
    })
  })

  async function readAll({ did, handle }: Person): Promise<Record<string, unknown>> {
    const messageOf = async (nsid: string, params: Record<string, string>) => {
      const { json } = await scene.nobody(nsid, { params })
      return `${String(json.error)}: ${String(json.message).replace(did, 'DID')}`
    }
    const collection = 'com.example.note'
    const cid = 'bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq'
    return {
      getRecord: await messageOf('com.atproto.repo.getRecord', { repo: did, collection, rkey: 'a' }),
      listRecords: await messageOf('com.atproto.repo.listRecords', { repo: did, collection }),
      describeRepo: await messageOf('com.atproto.repo.describeRepo', { repo: did }),
      getBlob: await messageOf('com.atproto.sync.getBlob', { did, cid }),
      resolveHandle: await messageOf('com.atproto.identity.resolveHandle', { handle }),
    }
  }

  test('an account that was taken down has lost its sessions, and nobody sees it', async () => {
    const person = await scene.world.newPerson()
    const theirs = await scene.signIn('atproto transition:generic', person)
    const { accessJwt, refreshJwt } = await scene.logIn(person)
    await scene.world.takeDown(person.did)
    const dead = '401 invalid_token'
    expect(await tryAll(theirs, person)).toEqual({
      getSession: dead,
      createRecord: dead,
      uploadBlob: dead,
      getServiceAuth: dead,
    })
    const down = '401 AccountTakedown'
    expect(await tryAll(scene.bearer(accessJwt), person)).toMatchObject({
      getSession: '400 InvalidRequest',
      createRecord: down,
      uploadBlob: down,
    })
    expect(outcomeOf(await scene.bearer(refreshJwt)('com.atproto.server.refreshSession', POST))).toBe(down)
    expect(await readAll(person)).toEqual({
      getRecord: 'InvalidRequest: Could not locate record',
      listRecords: 'InvalidRequest: Could not find repo: DID',
      describeRepo: 'RepoTakendown: Repo has been takendown: DID',
      getBlob: 'RepoTakendown: Repo has been takendown: DID',
      resolveHandle: 'HandleNotFound: Unable to resolve handle',
    })
    const input = { identifier: person.handle, password: person.password }
    const createSession = 'com.atproto.server.createSession'
    expect((await scene.nobody(createSession, { input })).json).toEqual({
      error: 'AccountTakedown',
      message: 'Account has been taken down',
    })
    const { json } = await scene.nobody(createSession, { input: { ...input, allowTakendown: true } })
    expect(json).toMatchObject({ active: false, status: 'takendown' })
    const restricted = scene.bearer(String(json.accessJwt))
    expect(await tryAll(restricted, person)).toEqual({
      getSession: '400 InvalidToken',
      createRecord: '400 InvalidToken',
      uploadBlob: '400 InvalidToken',
      getServiceAuth: '400 InvalidToken',
    })
    const params = { aud: 'did:web:api.example.com', lxm: 'com.atproto.server.createAccount' }
    const refused = await restricted('com.atproto.server.getServiceAuth', { params })
    expect(refused.json.message).toMatch(/^insufficient access to request a service auth token/)
  })

  test('an account that deactivated itself keeps its sessions, and nobody sees it', async () => {
    const { bob } = scene
    const theirs = await scene.signIn('atproto transition:generic', bob)
    const password = scene.bearer((await scene.logIn(bob)).accessJwt)
    const deactivated = await password('com.atproto.server.deactivateAccount', { input: {} })
    expect(deactivated.status).toBe(200)
    const expected = {
      getSession: '200',
      createRecord: '401 AccountDeactivated',
      uploadBlob: '200',
      getServiceAuth: '200',
    }
    expect(await tryAll(theirs, bob)).toEqual(expected)
    expect(await tryAll(password, bob)).toEqual(expected)
    const status = { active: false, status: 'deactivated' }
    expect((await theirs('com.atproto.server.getSession')).json).toEqual({
      did: bob.did,
      handle: bob.handle,
      ...status,
    })
    const input = { identifier: bob.handle, password: bob.password }
    expect((await scene.nobody('com.atproto.server.createSession', { input })).json).toMatchObject(status)
    expect(await readAll(bob)).toEqual({
      getRecord: 'InvalidRequest: Could not locate record',
      listRecords: 'InvalidRequest: Could not find repo: DID',
      describeRepo: 'RepoDeactivated: Repo has been deactivated: DID',
      getBlob: 'RepoDeactivated: Repo has been deactivated: DID',
      resolveHandle: 'HandleNotFound: Unable to resolve handle',
    })
    expect(outcomeOf(await theirs('com.atproto.server.activateAccount', POST))).toBe('403 Forbidden')
    expect((await password('com.atproto.server.activateAccount', POST)).status).toBe(200)
    expect((await theirs('com.atproto.server.getSession')).json.active).toBe(true)
  })
})
