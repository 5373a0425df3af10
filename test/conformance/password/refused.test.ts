import { AuthorizationError } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf, keysIn } from '../scene.ts'
import { aliceWithPassword, CREATE, DELETE, MINUTE, type PasswordScene, REFRESH, SECOND } from './scene.ts'

/** What a sign-in failed with, and that it left nothing and asked once. */
async function refusedSignIn(scene: PasswordScene, change?: Parameters<PasswordScene['signIn']>[0]) {
  const error = await failureOf(scene.signIn(change))
  expect(await keysIn(scene.shared)).toEqual([])
  expect(scene.network.log.to(CREATE)).toHaveLength(1)
  expect(error).toBeInstanceOf(AuthorizationError)
  return error
}

/** The server answers as one that has its own mind. */
function answerWith({ network }: PasswordScene, status: number, error: string, headers = {}): void {
  const respond = () => Response.json({ error, message: 'No.' }, { status, headers })
  network.fault({ path: CREATE, respond, times: Infinity })
}

test('says that the identifier or the password is wrong', async () => {
  const scene = aliceWithPassword()
  expect(await refusedSignIn(scene, { password: 'wrong' })).toMatchObject({
    code: 'password_refused',
    retryable: false,
    message: expect.stringContaining('401 AuthenticationRequired'),
    action: expect.stringContaining('app password'),
  })
})

test('asks for the second factor, and signs in with it', async () => {
  const scene = aliceWithPassword()
  const { network, signIn, alice } = scene
  const sent: unknown[] = []
  network.fault({
    path: CREATE,
    times: 2,
    async respond(request) {
      const input = (await request.json()) as Record<string, unknown>
      sent.push(input['authFactorToken'])
      const isRight = input['authFactorToken'] === undefined
      return isRight
        ? Response.json(
            { error: 'AuthFactorTokenRequired', message: 'A sign in code has been sent' },
            { status: 401 },
          )
        : Response.json({ error: 'InvalidToken', message: 'Token is invalid' }, { status: 400 })
    },
  })
  expect(await refusedSignIn(scene)).toMatchObject({
    code: 'second_factor_required',
    retryable: false,
    action: expect.stringContaining('`authFactorToken`'),
  })
  expect(await failureOf(signIn({ authFactorToken: 'WRONG-CODE1' }))).toMatchObject({
    code: 'second_factor_refused',
    message: expect.not.stringContaining('WRONG-CODE1'),
  })
  expect((await signIn({ authFactorToken: 'RIGHT-CODE2' })).did).toBe(alice.did)
  expect(sent).toEqual([undefined, 'WRONG-CODE1'])
})

test('takes an `InvalidToken` for that of a code only where one was given', async () => {
  const scene = aliceWithPassword()
  answerWith(scene, 400, 'InvalidToken')
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'request_refused' })
})

test('says that the account was taken down', async () => {
  const scene = aliceWithPassword()
  scene.alice.takeDown()
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'account_taken_down', retryable: false })
})

test('signs in to a deactivated account, to activate it again', async () => {
  const { alice, signIn } = aliceWithPassword()
  alice.deactivate()
  expect((await signIn()).session.status).toBe('active')
})

test('says that the account is deactivated where a server does not let it in', async () => {
  const scene = aliceWithPassword()
  answerWith(scene, 401, 'AccountDeactivated')
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'account_deactivated' })
})

test('[J6] [J7] says when the server takes another try, and does not try by itself', async () => {
  const scene = aliceWithPassword()
  const { network, clock } = scene
  network.rateLimit({ nsid: 'com.atproto.server.createSession', limit: 0, windowSeconds: 300 })
  const error = await refusedSignIn(scene)
  const retryAt = clock.now() + 300 * SECOND
  expect(error).toMatchObject({
    code: 'rate_limited',
    retryable: true,
    retryAt,
    action: `try again after ${new Date(retryAt).toISOString()}`,
  })
  await clock.advance(10 * MINUTE)
  expect(network.log.to(CREATE)).toHaveLength(1)
})

test('[J7] reads the end of a rate limit from `RateLimit-Reset` where nothing else says it', async () => {
  const scene = aliceWithPassword()
  const at = Math.floor(scene.clock.now() / SECOND) + 60
  const headers = { 'ratelimit-limit': '30', 'ratelimit-remaining': '0', 'ratelimit-reset': String(at) }
  answerWith(scene, 429, 'RateLimitExceeded', headers)
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'rate_limited', retryAt: at * SECOND })
})

test.each([{}, { 'retry-after': '9'.repeat(30) }])(
  'says of a rate limit without an end %j that it ends',
  async (headers) => {
    const scene = aliceWithPassword()
    answerWith(scene, 429, 'RateLimitExceeded', headers)
    expect(await refusedSignIn(scene)).toMatchObject({
      code: 'rate_limited',
      retryAt: undefined,
      action: 'try again in a few minutes',
    })
  },
)

test('says that the server failed, and sends the password no second time', async () => {
  const scene = aliceWithPassword()
  answerWith(scene, 502, 'UpstreamFailure')
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'server_failing', retryable: true })
})

test('says of any other refusal what the server said', async () => {
  const scene = aliceWithPassword()
  answerWith(scene, 400, 'InvalidRequest')
  expect(await refusedSignIn(scene)).toMatchObject({
    code: 'request_refused',
    message: expect.stringMatching(/found "400 InvalidRequest"\): No\.$/),
  })
})

test('sends the password no second time where the answer was lost', async () => {
  const { network, signIn } = aliceWithPassword()
  network.fault({ path: CREATE, lose: 'answer' })
  expect(await failureOf(signIn())).toMatchObject({ code: 'connection_failed' })
  expect(network.log.to(CREATE)).toHaveLength(1)
})

test('follows no redirect with the password', async () => {
  const { network, signIn } = aliceWithPassword()
  network.fault({ path: CREATE, redirect: 'https://elsewhere.example.net/' })
  expect(await failureOf(signIn())).toMatchObject({ code: 'redirected' })
  expect(network.log.to('https://elsewhere.example.net/')).toEqual([])
})

test.each(['accessJwt', 'refreshJwt', 'did'])('refuses an answer without %s', async (omit) => {
  const scene = aliceWithPassword()
  scene.network.fault({ path: CREATE, omit })
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'token_response_invalid' })
})

test('refuses a token that cannot stand in a header', async () => {
  const scene = aliceWithPassword()
  scene.network.fault({ path: CREATE, set: { accessJwt: 'a\nb' } })
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'token_response_invalid' })
})

test('refuses a token in the place of an account, and does not show it', async () => {
  const scene = aliceWithPassword()
  let token = ''
  scene.network.fault({
    path: CREATE,
    json(json) {
      token = String(json['refreshJwt'])
      return { ...json, did: `did:web:${token}` }
    },
  })
  const error = await refusedSignIn(scene)
  expect(error).toMatchObject({ code: 'token_response_invalid' })
  expect(JSON.stringify([error, error.message])).not.toContain(token)
})

test('refuses another account than was asked for, and gives its tokens back', async () => {
  const scene = aliceWithPassword()
  const bob = scene.network.createAccount('bob.example.com')
  scene.network.fault({ path: CREATE, set: { did: bob.did } })
  expect(await refusedSignIn(scene)).toMatchObject({ code: 'wrong_account', found: bob.did })
  expect(scene.answers(DELETE)).toEqual([200])
})

test('gives tokens back where the account that an e-mail address led to cannot be found', async () => {
  const scene = aliceWithPassword()
  scene.network.fault({ path: CREATE, set: { did: `did:plc:${'z'.repeat(24)}` } })
  const error = await failureOf(scene.signIn({ as: scene.alice.email, service: scene.alice.pds }))
  expect(error).toMatchObject({ code: 'did_not_found' })
  expect(scene.answers(DELETE)).toEqual([200])
  expect(await keysIn(scene.shared)).toEqual([])
})

test('ends when its time is over', async () => {
  const { network, signIn, clock } = aliceWithPassword()
  network.fault({ path: CREATE, hang: 'request' })
  const failure = failureOf(signIn())
  await clock.advance(30 * SECOND)
  expect(await failure).toMatchObject({ code: 'timeout' })
  expect(network.log.to(REFRESH)).toEqual([])
})

test('shows no code that a server repeats', async () => {
  const scene = aliceWithPassword()
  scene.network.fault({
    path: CREATE,
    async respond(request) {
      const { authFactorToken } = (await request.json()) as { authFactorToken: string }
      return Response.json({ error: 'InvalidToken', message: `not ${authFactorToken}` }, { status: 400 })
    },
  })
  const error = await refusedSignIn(scene, { authFactorToken: 'ABCDE-FGHIJ' })
  expect(error).toMatchObject({ code: 'second_factor_refused', message: expect.stringContaining('[secret]') })
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain('ABCDE')
})

test('shows no password that a server repeats', async () => {
  const scene = aliceWithPassword()
  const { network, alice } = scene
  network.fault({
    path: CREATE,
    async respond(request) {
      const { password } = (await request.json()) as { password: string }
      return Response.json({ error: `Wrong${password}`, message: `not ${password}` }, { status: 400 })
    },
  })
  const error = await refusedSignIn(scene)
  expect(error.message).toContain('[secret]')
  expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(alice.password)
})
