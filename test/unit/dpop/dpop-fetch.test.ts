import { createHash } from 'node:crypto'
import { memoryStorage, OAuthClient } from 'atproof'
import { fakeNetwork, type FakeNetworkOptions } from 'atproof/testing'
import { expect, test } from 'vitest'
import { dpopFetch, type ResourceRequest } from '../../../src/dpop/dpop-fetch.ts'
import { DpopKey } from '../../../src/dpop/key.ts'
import { DpopSigner } from '../../../src/dpop/signer.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import { systemRandom } from '../../../src/http/random.ts'
import { type SessionRecord, sessionKey } from '../../../src/session/record.ts'

const PATH = '/xrpc/a.b.c'
/** A body that the network's log shows. */
const FORM = new Headers({ 'content-type': 'application/x-www-form-urlencoded' })
const PROOF_REFUSED = { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' }

/** Alice is signed in, and asks her PDS with her token and key as one that has not met it yet. Nothing is logged yet. */
async function signedInAlice(options: FakeNetworkOptions = {}) {
  const network = fakeNetwork(options)
  const { clock, fetch, log, pds } = network
  const storage = memoryStorage({ clock })
  const oauth = new OAuthClient({ ...network.clientOptions, redirectUri: 'http://127.0.0.1/callback', storage })
  const { session } = await network.signIn('alice.example.com', { oauth })
  const entry = await storage.get(sessionKey(session.sessionId))
  if (!entry) throw new Error('nothing is stored')
  const { tokens, dpopKey } = entry.value as SessionRecord
  const { accessToken } = tokens
  log.clear()
  network.respond('a.b.c', () => new Response('hello'))

  const transport = createTransport({ fetch, clock })
  const signer = new DpopSigner(await DpopKey.fromStored(dpopKey), { clock, random: systemRandom })
  const ask = (request: Partial<ResourceRequest> = {}, signal = new AbortController().signal) => {
    const own = { method: 'GET', url: `${pds}${PATH}?d=e`, headers: new Headers(), body: undefined }
    return dpopFetch(transport, signer, { ...own, isRepeatable: true, ...request }, { accessToken, signal })
  }
  const claims = () => log.entries.map(({ dpop }) => dpop?.payload)
  const sent = {
    claims,
    nonces: () => claims().map((payload) => payload?.nonce),
    dates: () => claims().map((payload) => payload?.iat),
    bodies: () => log.entries.map(({ form }) => String(form)),
  }
  return { network, clock, accessToken, ask, sent, now: clock.now() / 1000 }
}

const nonceOf = (response: Response | undefined) => response?.headers.get('dpop-nonce')
const stream = () => new Blob(['text=hello']).stream()

test('[G1] sends the token in the DPoP scheme with a proof that is bound to it', async () => {
  const { network, accessToken, ask, sent, now } = await signedInAlice({ noNonces: true })
  const { response, refusal } = await ask({ headers: new Headers({ accept: 'application/json' }) })
  expect(await response.text()).toBe('hello')
  expect(refusal).toBeUndefined()
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${accessToken}`)
  expect(network.log.last?.headers.get('accept')).toBe('application/json')
  expect(sent.claims()).toEqual([
    {
      htm: 'GET',
      htu: network.pds + PATH,
      iat: now,
      jti: expect.stringMatching(/^[\w-]{43}$/),
      ath: createHash('sha256').update(accessToken).digest('base64url'),
    },
  ])
})

test('[G1] lets no header of the caller take the place of the token and the proof', async () => {
  const { network, accessToken, ask } = await signedInAlice({ noNonces: true })
  const headers = new Headers({ authorization: 'Bearer mine', dpop: 'mine' })
  expect((await ask({ headers })).response.status).toBe(200)
  expect(network.log.last?.headers.get('authorization')).toBe(`DPoP ${accessToken}`)
  expect(headers.get('authorization')).toBe('Bearer mine')
})

test('[G3] [D10] asked for a nonce, signs anew and sends once more', async () => {
  const { network, ask, sent } = await signedInAlice()
  const { response } = await ask({ method: 'POST', headers: FORM, body: () => 'text=hello' })
  expect(response.status).toBe(200)
  expect(network.log.entries.map(({ error }) => error)).toEqual(['use_dpop_nonce', undefined])
  expect(sent.nonces()).toEqual([undefined, nonceOf(response)])
  expect(sent.bodies()).toEqual(['text=hello', 'text=hello'])
  expect(new Set(sent.claims().map((claims) => claims?.jti)).size).toBe(2)
})

test('[G2] sends the nonce of the newest answer at once', async () => {
  const { clock, ask, sent } = await signedInAlice()
  const first = nonceOf((await ask()).response)
  await clock.advance(60_000)
  const second = nonceOf((await ask()).response)
  await clock.advance(60_000)
  await ask()
  expect(sent.nonces()).toEqual([undefined, first, first, second])
  expect(second).not.toBe(first)
})

test('[G2] learns the nonce of a retry and of a failure too', async () => {
  const { network, ask, sent } = await signedInAlice()
  network.respond('a.b.c', () => {
    network.rotateNonces()
    return new Response(null, { status: 500 })
  })
  const failure = await ask()
  await ask()
  const [, ofChallenge, newest] = sent.nonces()
  expect(network.log.entries.map(({ status }) => status)).toEqual([401, 500, 500])
  expect(newest).toBe(nonceOf(failure.response))
  expect(newest).not.toBe(ofChallenge)
})

test('[D10] asked for a nonce a second time, gives the refusal back', async () => {
  const { network, ask } = await signedInAlice()
  network.fault({ path: PATH, nonce: 'stale', times: Infinity })
  const { response, refusal } = await ask()
  expect(refusal).toBe('use_dpop_nonce')
  expect(response.status).toBe(401)
  expect(network.log).toHaveLength(2)
})

test('[G8] shown that the clocks disagree, signs by the clock of the server and keeps that', async () => {
  const { network, ask, sent, now } = await signedInAlice()
  network.serverClockOffsetMs = 600_000
  expect((await ask()).response.status).toBe(200)
  expect((await ask()).response.status).toBe(200)
  expect(network.log.entries.map(({ error }) => error)).toEqual(['invalid_dpop_proof', undefined, undefined])
  expect(sent.dates()).toEqual([now, now + 600, now + 600])
  network.fault({ path: PATH, status: 401, headers: PROOF_REFUSED })
  expect((await ask()).refusal).toBe('invalid_dpop_proof')
  expect((await ask()).response.status).toBe(200)
  expect(sent.dates().slice(3)).toEqual([now + 600, now + 600])
})

test('[G8] drops an offset that did not help', async () => {
  const { network, clock, ask, sent, now } = await signedInAlice({ noNonces: true })
  const date = new Date(clock.now() + 600_000).toUTCString()
  network.fault({ path: PATH, times: 2, status: 401, headers: { ...PROOF_REFUSED, date } })
  expect((await ask()).refusal).toBe('invalid_dpop_proof')
  expect(sent.dates()).toEqual([now, now + 600])
  expect((await ask()).response.status).toBe(200)
  expect(sent.dates()).toEqual([now, now + 600, now])
})

test('[G5] [G8] gives a refused proof back where the clocks agree', async () => {
  const { network, ask } = await signedInAlice()
  network.fault({ path: PATH, status: 401, headers: PROOF_REFUSED })
  const { response, refusal } = await ask()
  expect(refusal).toBe('invalid_dpop_proof')
  expect(response.headers.get('date')).toBe(new Date(network.serverTime).toUTCString())
  expect(network.log).toHaveLength(1)
})

test('[G8] learns the time from no other refusal', async () => {
  const { network, ask, sent, now } = await signedInAlice({ noNonces: true })
  // Less than a server minds in a proof, more than two clocks that agree may differ.
  network.serverClockOffsetMs = 100_000
  network.fault({ path: PATH, tokenCheck: 'fails' })
  expect((await ask()).refusal).toBe('invalid_token')
  await ask()
  await ask()
  expect(sent.dates()).toEqual([now, now, now])
})

test.each([401, 403, 500])('gives any other answer back as it came: %d', async (status) => {
  const { network, ask } = await signedInAlice({ noNonces: true })
  network.respond('a.b.c', () => Response.json({ error: 'Other' }, { status }))
  const { response } = await ask()
  expect(response.status).toBe(status)
  expect(await response.json()).toEqual({ error: 'Other' })
  expect(network.log).toHaveLength(1)
})

test.each(['use_dpop_nonce', 'invalid_dpop_proof'])(
  '[G9] gives %s back as it came where the body cannot be sent again',
  async (error) => {
    const { network, ask, sent } = await signedInAlice()
    if (error === 'invalid_dpop_proof') network.serverClockOffsetMs = 600_000
    const { response, refusal } = await ask({ method: 'POST', headers: FORM, body: stream, isRepeatable: false })
    expect(refusal).toBe(error)
    expect(await response.json()).toMatchObject({ error })
    expect(sent.bodies()).toEqual(['text=hello'])
    await ask()
    expect(nonceOf(response)).toBeTypeOf('string')
    expect(sent.nonces().slice(0, 2)).toEqual([undefined, nonceOf(response)])
  },
)

test('a failure of the connection is the caller’s to judge, and the next one may lead', async () => {
  const { network, ask } = await signedInAlice()
  network.fault({ path: PATH, lose: 'request' })
  await expect(ask()).rejects.toMatchObject({ name: 'NetworkError', code: 'connection_failed' })
  expect(network.log).toHaveLength(1)
  expect((await ask()).response.status).toBe(200)
})

test('while no nonce is known one request goes ahead, and the others carry its nonce', async () => {
  const { network, clock, ask, sent } = await signedInAlice()
  const held = network.fault({ path: PATH, hang: 'request' })
  const all = Promise.all([ask(), ask(), ask()])
  await clock.settle()
  expect(network.log).toHaveLength(1)
  held.release()
  const [{ response }] = await all
  const nonce = nonceOf(response)
  expect(sent.nonces()).toEqual([undefined, nonce, nonce, nonce])
})

test('an abort of the one ahead lets the others go', async () => {
  const { network, clock, ask } = await signedInAlice()
  network.fault({ path: PATH, hang: 'request' })
  const controller = new AbortController()
  const first = expect(ask({}, controller.signal)).rejects.toBe('closed')
  const second = ask()
  await clock.settle()
  expect(network.log).toHaveLength(1)
  controller.abort('closed')
  await first
  expect(network.log.entries[0]?.outcome).toBe('aborted')
  expect((await second).response.status).toBe(200)
})

test('a stream never goes ahead for others', async () => {
  const { network, clock, ask } = await signedInAlice({ noNonces: true })
  const held = network.fault({ path: PATH, hang: 'request' })
  const first = ask({ method: 'POST', body: stream, isRepeatable: false })
  const other = ask()
  await clock.settle()
  expect(network.log).toHaveLength(2)
  held.release()
  await Promise.all([first, other])
})

test.each(['http://pds.example.com/', 'https://127.0.0.1/', 'https://localhost/'])(
  '[G7] [M1] sends no token to %s',
  async (url) => {
    const { network, ask } = await signedInAlice()
    network.host(new URL(url).origin, () => new Response('thanks'))
    await expect(ask({ url })).rejects.toMatchObject({ name: 'NetworkError' })
    expect(network.log.entries).toEqual([])
  },
)
