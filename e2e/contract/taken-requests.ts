import { exportJWK, generateKeyPair } from 'jose'
import type { PlainClient, SendOptions } from './plain-client.ts'

/** What a stricter server might refuse, and a client may come to rely on. */
export const TAKEN_REQUESTS: readonly (readonly [
  title: string,
  send: (client: PlainClient) => ReturnType<PlainClient['par']>,
])[] = [
  ['no proof', (client) => client.par({}, { proof: null })],
  ['no state', (client) => client.par({ state: undefined })],
  ['a parameter unheard of', (client) => client.par({ foo: 'bar' })],
  ['a secret of a public client', (client) => client.par({ client_secret: 'x' })],
  ['an assertion of a public client', (client) => client.par({ client_assertion: 'x' })],
  ['a challenge of any length', (client) => client.par({ code_challenge: 'abc' })],
  ['a login_hint in capitals', (client) => client.par({ login_hint: 'ALICE.TEST' })],
  ['a prompt', (client) => client.par({ prompt: 'login' })],
  ['the dpop_jkt of its key', async (client) => client.par({ dpop_jkt: await client.thumbprint() })],
  ['any port of a loopback redirect', (client) => client.par({ redirect_uri: 'http://127.0.0.1:4711/' })],
  ['the other loopback address', (client) => client.par({ redirect_uri: 'http://[::1]:9/' })],
  ['a plain loopback client_id', (client) => client.par({ client_id: 'http://localhost/', scope: 'atproto' })],
  [
    'a proof of type application/dpop+jwt',
    (client) => client.par({}, { proofHeader: { typ: 'application/dpop+jwt' } }),
  ],
  [
    'a key with more than its parameters',
    (client) => client.par({}, { proofHeader: { jwk: { ...client.key.jwk, use: 'sig' } } }),
  ],
  ['a claim unheard of', (client) => client.par({}, { proofPayload: { iss: 'me' } })],
  [
    'an htu in capitals',
    (client) =>
      client.par(
        {},
        {
          proofPayload: {
            htu: `${client.world.issuer}/oauth/par`.replace(/\/\/\w/, (text) => text.toUpperCase()),
          },
        },
      ),
  ],
  ['an iat 185 s ago', (client) => client.par({}, secondsOff(client, -185))],
  ['an iat 175 s ahead', (client) => client.par({}, secondsOff(client, 175))],
  ['a proof with RS256', async (client) => client.par({}, await keyOf('RS256'))],
  ['a proof with EdDSA', async (client) => client.par({}, await keyOf('EdDSA'))],
  ['JSON', pushJson],
]

function secondsOff({ world }: PlainClient, seconds: number): SendOptions {
  return { proofPayload: { iat: Math.floor(world.now() / 1000) + seconds } }
}

async function keyOf(alg: string): Promise<SendOptions> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { key: { privateKey, jwk: await exportJWK(publicKey) }, proofHeader: { alg } }
}

async function pushJson(client: PlainClient): ReturnType<PlainClient['par']> {
  const challenge = { code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }
  const form = await client.form({ response_type: 'code', scope: 'atproto', redirect_uri: client.redirectUri })
  const body = JSON.stringify({ ...Object.fromEntries(form), ...challenge })
  const headers = { 'content-type': 'application/json' }
  return client.send(`${client.world.issuer}/oauth/par`, { body, headers })
}
