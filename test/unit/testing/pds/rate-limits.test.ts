import { expect, test } from 'vitest'
import { bearer, pdsScene, type PdsAnswer } from './scene.ts'

const DESCRIBE = 'com.atproto.server.describeServer'
const GET_SESSION = 'com.atproto.server.getSession'

const limitOf = ({ status, headers }: PdsAnswer) => {
  const of = (name: string) => headers.get(`ratelimit-${name}`)
  return [status, of('limit'), of('remaining'), of('reset'), of('policy'), headers.get('retry-after')]
}

test('counts down, refuses with 429, and begins again', async () => {
  const { network, call } = pdsScene()
  network.rateLimit({ nsid: DESCRIBE, limit: 2, windowSeconds: 60 })
  const reset = String(network.serverTime / 1000 + 60)
  expect(limitOf(await call(DESCRIBE))).toEqual([200, '2', '1', reset, '2;w=60', null])
  await network.clock.advance(10_500)
  expect(limitOf(await call(DESCRIBE))).toEqual([200, '2', '0', reset, '2;w=60', null])
  const refused = await call(DESCRIBE)
  expect(limitOf(refused)).toEqual([429, '2', '0', reset, '2;w=60', '50'])
  expect(refused.json).toEqual({ error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' })
  expect(refused.headers.get('access-control-expose-headers')).toBe(
    'RateLimit-Limit, RateLimit-Reset, RateLimit-Remaining, RateLimit-Policy, Retry-After',
  )
  await network.clock.advance(49_500)
  expect(limitOf(await call(DESCRIBE)).slice(0, 3)).toEqual([200, '2', '1'])
})

test('is of one method, and of one account', async () => {
  const { network, call, logIn } = pdsScene()
  const bob = network.createAccount('bob.test')
  const alices = bearer((await logIn()).accessJwt)
  const input = { identifier: bob.handle, password: bob.password }
  const bobs = bearer(String((await call('com.atproto.server.createSession', {}, input)).json.accessJwt))
  network.rateLimit({ nsid: GET_SESSION, limit: 1, windowSeconds: 60 })
  expect((await call(GET_SESSION, alices)).status).toBe(200)
  expect((await call(GET_SESSION, alices)).status).toBe(429)
  expect((await call(GET_SESSION, bobs)).status).toBe(200)
  expect(limitOf(await call(DESCRIBE))).toEqual([200, null, null, null, null, null])
})

test('counts no call that is not let in', async () => {
  const { network, call, logIn } = pdsScene()
  const alices = bearer((await logIn()).accessJwt)
  network.rateLimit({ limit: 1, windowSeconds: 60 })
  expect(limitOf(await call(GET_SESSION))).toEqual([401, null, null, null, null, null])
  expect((await call(GET_SESSION, alices)).status).toBe(200)
})

test('of several limits the tightest is told', async () => {
  const { network, call } = pdsScene()
  network.rateLimit({ limit: 100, windowSeconds: 300 })
  network.rateLimit({ nsid: DESCRIBE, limit: 5, windowSeconds: 60 })
  expect(limitOf(await call(DESCRIBE)).slice(0, 3)).toEqual([200, '5', '4'])
})

test('is also of what a test answers', async () => {
  const { network, call } = pdsScene()
  network.respond('com.example.do', () => ({}))
  network.rateLimit({ nsid: 'com.example.do', limit: 1, windowSeconds: 60 })
  expect([(await call('com.example.do')).status, (await call('com.example.do')).status]).toEqual([200, 429])
})
