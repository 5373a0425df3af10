// What a call costs of its own, beside a proof and a fetch written by hand: the same answer, from the same process.
import { memoryStorage, OAuthClient } from 'atproof'
import { SCENE } from '../light-path/stored-scene.ts'
import { median, time } from './measure.ts'

const ROUNDS = 400
const CALLS = 100
const AT_ONCE = 50
const METHOD = 'com.atproto.server.getSession'

/** A server's answer, as it comes with a nonce and a body. It is made in the same process, so that nothing is waited for. */
const ANSWER = JSON.stringify({
  did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa',
  handle: 'alice.example.com',
  active: true,
})
const HEADERS = { 'content-type': 'application/json', 'dpop-nonce': 'k3vnJ0mU8Zq2nQv5w1rS8yXH1uI6vQ2aR0bLwCzT9eM' }

async function answer(_url: string, { headers }: RequestInit): Promise<Response> {
  // Every fetch reads its headers, whatever they come as.
  if (!new Headers(headers).has('dpop')) throw new Error('a request without a proof')
  return new Response(ANSWER, { headers: HEADERS })
}

async function signedIn(): Promise<() => Promise<unknown>> {
  const storage = memoryStorage()
  await storage.put(SCENE.key, await SCENE.record(Date.now()), { ifVersion: null })
  const oauth = new OAuthClient({ redirectUri: 'http://127.0.0.1/callback', storage, fetch: answer })
  const client = await oauth.restore(SCENE.sessionId)
  if (!client) throw new Error('the session did not come back')
  return () => client.get(METHOD)
}

/** What an app would write that needs nothing but this one call: no limit, no refresh, no check of anything. */
async function byHand(): Promise<() => Promise<unknown>> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey)
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { kty, crv, x, y } }
  const accessToken = 'access-1'
  let nonce = HEADERS['dpop-nonce']
  const url = `https://pds.example.com/xrpc/${METHOD}`
  return async () => {
    const claims = {
      jti: crypto.randomUUID(),
      htm: 'GET',
      htu: url,
      iat: Math.floor(Date.now() / 1000),
      nonce,
      ath: await hash(accessToken),
    }
    const input = [header, claims]
      .map((part) => base64url(new TextEncoder().encode(JSON.stringify(part))))
      .join('.')
    const signature = await crypto.subtle.sign(algorithm, privateKey, new TextEncoder().encode(input))
    const headers = { authorization: `DPoP ${accessToken}`, dpop: `${input}.${base64url(signature)}` }
    const response = await answer(url, { headers })
    nonce = response.headers.get('dpop-nonce') ?? nonce
    return response.json()
  }
}

async function hash(text: string): Promise<string> {
  return base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}

function base64url(bytes: ArrayBuffer | Uint8Array): string {
  return Buffer.from(bytes as ArrayBuffer).toString('base64url')
}

/** The time of a call in µs, where so many are under way at once. */
async function perCall(call: () => Promise<unknown>, atOnce: number): Promise<number> {
  const ms = await time(async () => {
    for (let done = 0; done < CALLS; done += atOnce) await Promise.all(Array.from({ length: atOnce }, call))
  })
  return (ms * 1000) / CALLS
}

const [ours, bare] = [await signedIn(), await byHand()]
for (const [atOnce, target] of [
  [1, 1.15],
  [AT_ONCE, 1.3],
] as const) {
  for (let round = 0; round < ROUNDS / 4; round += 1) {
    await perCall(ours, atOnce)
    await perCall(bare, atOnce)
  }
  const [mine, theirs]: [number[], number[]] = [[], []]
  // In turns, so that whatever else the machine does strikes both.
  for (let round = 0; round < ROUNDS; round += 1) {
    mine.push(await perCall(ours, atOnce))
    theirs.push(await perCall(bare, atOnce))
  }
  const [call, floor] = [median(mine), median(theirs)]
  console.log(
    `warm call, ${atOnce} at once: ${call.toFixed(0)} µs, by hand ${floor.toFixed(0)} µs (medians of ${ROUNDS}); ` +
      `ratio ${(call / floor).toFixed(2)}, target ${target}`,
  )
}
