import { createHash } from 'node:crypto'
import { EmbeddedJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { dpopFetch, type ResourceRequest } from '../../../src/dpop/dpop-fetch.ts'
import { DpopKey } from '../../../src/dpop/key.ts'
import { DpopSigner } from '../../../src/dpop/signer.ts'
import { systemRandom } from '../../../src/http/random.ts'
import type { Transport } from '../../../src/http/transport.ts'
import { testClock } from 'atproof/testing'

const PDS = 'https://pds.example.com'
const START = Date.UTC(2026, 0, 1)

/** What a server answers, as it is asked again and again. */
type Answers = readonly (() => Response | Promise<Response>)[]

/** A request as its server sees it, its proof verified. */
interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string
  readonly claims: Awaited<ReturnType<typeof jwtVerify>>['payload']
}

async function aliceAt(...answers: Answers) {
  const clock = testClock({ start: START })
  const seen: Seen[] = []
  const left = [...answers]
  const transport: Transport = {
    clock,
    allowLoopback: new Set(),
    isUnsent: () => false,
    fetch: async (url, init) => {
      const request = new Request(url, init)
      const proof = request.headers.get('dpop') ?? ''
      const { payload } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', currentDate: new Date(START) })
      const { method, headers } = request
      seen.push({ method, url, headers, body: await request.text(), claims: payload })
      const next = left.shift()
      if (!next) throw new Error('one request too many')
      return next()
    },
  }
  const signer = new DpopSigner(await DpopKey.generate({ extractable: false }), { clock, random: systemRandom })
  const ask = (request: Partial<ResourceRequest> = {}, signal = new AbortController().signal) => {
    const own = { method: 'GET', url: `${PDS}/xrpc/a.b.c?d=e`, headers: new Headers(), body: undefined }
    return dpopFetch(
      transport,
      signer,
      { ...own, isRepeatable: true, ...request },
      { accessToken: 'token', signal },
    )
  }
  return { clock, seen, signer, ask }
}

function refusal(error: string, headers: Record<string, string> = {}): () => Response {
  return () =>
    new Response('refused', { status: 401, headers: { 'www-authenticate': `DPoP error="${error}"`, ...headers } })
}

const ok =
  (headers: Record<string, string> = {}) =>
  () =>
    new Response('hello', { headers })

test('[G1] sends the token in the DPoP scheme with a proof that is bound to it', async () => {
  const { seen, ask } = await aliceAt(ok())
  const { response, refusal: why } = await ask({ headers: new Headers({ accept: 'application/json' }) })
  expect(await response.text()).toBe('hello')
  expect(why).toBeUndefined()
  expect(seen[0]?.headers.get('authorization')).toBe('DPoP token')
  expect(seen[0]?.headers.get('accept')).toBe('application/json')
  expect(seen[0]?.claims).toEqual({
    htm: 'GET',
    htu: `${PDS}/xrpc/a.b.c`,
    iat: START / 1000,
    jti: expect.stringMatching(/^[\w-]{43}$/),
    ath: createHash('sha256').update('token').digest('base64url'),
  })
})

test('[G1] lets no header of the caller take the place of the token and the proof', async () => {
  const { seen, ask } = await aliceAt(ok())
  const headers = new Headers({ authorization: 'Bearer mine', dpop: 'mine' })
  await ask({ headers })
  expect(seen[0]?.headers.get('authorization')).toBe('DPoP token')
  expect(headers.get('authorization')).toBe('Bearer mine')
})

test('[G3] [D10] asked for a nonce, signs anew and sends once more', async () => {
  const { seen, ask } = await aliceAt(
    refusal('use_dpop_nonce', { 'dpop-nonce': 'n1' }),
    ok({ 'dpop-nonce': 'n2' }),
  )
  const { response } = await ask({ method: 'POST', body: () => 'input' })
  expect(response.status).toBe(200)
  expect(seen.map(({ claims }) => claims['nonce'])).toEqual([undefined, 'n1'])
  expect(seen.map(({ body }) => body)).toEqual(['input', 'input'])
  expect(new Set(seen.map(({ claims }) => claims.jti)).size).toBe(2)
})

test('[G2] sends the nonce of the newest answer at once', async () => {
  const { seen, ask } = await aliceAt(ok({ 'dpop-nonce': 'n1' }), ok({ 'dpop-nonce': 'n2' }), ok())
  await ask()
  await ask()
  await ask()
  expect(seen.map(({ claims }) => claims['nonce'])).toEqual([undefined, 'n1', 'n2'])
})

test('[G2] learns the nonce of a retry and of a failure too', async () => {
  const { seen, ask } = await aliceAt(
    refusal('use_dpop_nonce', { 'dpop-nonce': 'n1' }),
    () => new Response(null, { status: 500, headers: { 'dpop-nonce': 'n2' } }),
    ok(),
  )
  await ask()
  await ask()
  expect(seen.map(({ claims }) => claims['nonce'])).toEqual([undefined, 'n1', 'n2'])
})

test('[D10] asked for a nonce a second time, gives the refusal back', async () => {
  const { seen, ask } = await aliceAt(
    refusal('use_dpop_nonce', { 'dpop-nonce': 'n1' }),
    refusal('use_dpop_nonce', { 'dpop-nonce': 'n2' }),
  )
  const answer = await ask()
  expect(answer.refusal).toBe('use_dpop_nonce')
  expect(answer.response.status).toBe(401)
  expect(seen).toHaveLength(2)
})

test('[G8] shown that the clocks disagree, signs by the clock of the server and keeps that', async () => {
  const date = new Date(START + 600_000).toUTCString()
  const { seen, ask, signer } = await aliceAt(refusal('invalid_dpop_proof', { date }), ok(), ok())
  expect((await ask()).response.status).toBe(200)
  await ask()
  expect(seen.map(({ claims }) => claims.iat)).toEqual([START / 1000, START / 1000 + 600, START / 1000 + 600])
  expect(signer.clocks.offsetOf(PDS)).toBe(600_000)
})

test('[G8] drops an offset that did not help', async () => {
  const date = new Date(START + 600_000).toUTCString()
  const refused = refusal('invalid_dpop_proof', { date })
  const { seen, ask, signer } = await aliceAt(refused, refused)
  expect((await ask()).refusal).toBe('invalid_dpop_proof')
  expect(seen).toHaveLength(2)
  expect(signer.clocks.offsetOf(PDS)).toBe(0)
})

test('[G5] [G8] gives a refused proof back where the clocks agree', async () => {
  const { seen, ask } = await aliceAt(refusal('invalid_dpop_proof', { date: new Date(START).toUTCString() }))
  expect((await ask()).refusal).toBe('invalid_dpop_proof')
  expect(seen).toHaveLength(1)
})

test('[G8] learns the time from no other refusal', async () => {
  const date = new Date(START + 600_000).toUTCString()
  const { ask, signer } = await aliceAt(refusal('invalid_token', { date }), ok({ date }))
  expect((await ask()).refusal).toBe('invalid_token')
  await ask()
  expect(signer.clocks.offsetOf(PDS)).toBe(0)
})

test.each([401, 403, 500])('gives any other answer back as it came: %d', async (status) => {
  const { seen, ask } = await aliceAt(() => Response.json({ error: 'Other' }, { status }))
  const { response } = await ask()
  expect(response.status).toBe(status)
  expect(await response.json()).toEqual({ error: 'Other' })
  expect(seen).toHaveLength(1)
})

test.each(['use_dpop_nonce', 'invalid_dpop_proof'])(
  '[G9] gives %s back as it came where the body cannot be sent again',
  async (error) => {
    const date = new Date(START + 600_000).toUTCString()
    const { seen, ask, signer } = await aliceAt(refusal(error, { 'dpop-nonce': 'n1', date }))
    const stream = new Blob(['bytes']).stream()
    const answer = await ask({ method: 'POST', body: () => stream, isRepeatable: false })
    expect(answer.refusal).toBe(error)
    expect(await answer.response.text()).toBe('refused')
    expect(seen.map(({ body }) => body)).toEqual(['bytes'])
    expect(signer.nonces.recall(PDS)).toBe('n1')
  },
)

test('a failure of the connection is the caller’s to judge, and the next one may lead', async () => {
  const { ask } = await aliceAt(() => Promise.reject(new TypeError('fetch failed')), ok())
  await expect(ask()).rejects.toMatchObject({ name: 'NetworkError', code: 'connection_failed' })
  expect((await ask()).response.status).toBe(200)
})

test('while no nonce is known one request goes ahead, and the others carry its nonce', async () => {
  const gate = Promise.withResolvers<Response>()
  const { clock, seen, ask } = await aliceAt(() => gate.promise, ok(), ok())
  const all = Promise.all([ask(), ask(), ask()])
  await clock.settle()
  expect(seen).toHaveLength(1)
  gate.resolve(new Response('hello', { headers: { 'dpop-nonce': 'n1' } }))
  await all
  expect(seen.map(({ claims }) => claims['nonce'])).toEqual([undefined, 'n1', 'n1'])
})

test('an abort of the one ahead lets the others go', async () => {
  const controller = new AbortController()
  const hangs = () => new Promise<Response>((_, reject) => controller.signal.addEventListener('abort', reject))
  const { clock, seen, ask } = await aliceAt(hangs, ok())
  const first = expect(ask({}, controller.signal)).rejects.toBe('closed')
  const second = ask()
  await clock.settle()
  expect(seen).toHaveLength(1)
  controller.abort('closed')
  await first
  expect((await second).response.status).toBe(200)
})

test('a stream never goes ahead for others', async () => {
  const gate = Promise.withResolvers<Response>()
  const { clock, seen, ask } = await aliceAt(() => gate.promise, ok())
  const stream = ask({ method: 'POST', body: () => new Blob(['bytes']).stream(), isRepeatable: false })
  const other = ask()
  await clock.settle()
  expect(seen).toHaveLength(2)
  gate.resolve(new Response())
  await Promise.all([stream, other])
})

test.each(['http://pds.example.com/', 'https://127.0.0.1/', 'https://localhost/'])(
  '[G7] [M1] sends no token to %s',
  async (url) => {
    const { seen, ask } = await aliceAt(ok())
    await expect(ask({ url })).rejects.toMatchObject({ name: 'NetworkError' })
    expect(seen).toHaveLength(0)
  },
)
