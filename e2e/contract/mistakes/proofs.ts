import { exportJWK, SignJWT } from 'jose'
import { randomToken } from '../../../src/testing/random-token.ts'
import { generateKey, type PlainClient, type SendOptions } from '../plain-client.ts'
import type { SignedIn } from '../scene.ts'
import { type Mistake, unsigned } from './mistake.ts'

type Change = (client: PlainClient) => SendOptions | Promise<SendOptions>

/** A refresh with one thing wrong in its proof. */
function refresh(change: SendOptions | Change): Mistake<SignedIn>[2] {
  return async ({ client, tokens }) => client.refresh(tokens, await apply(change, client))
}

/** A call with one thing wrong in its proof. */
function call(change: SendOptions | Change): Mistake<SignedIn>[2] {
  return async ({ client, tokens }) => client.getSession(tokens, await apply(change, client))
}

async function apply(change: SendOptions | Change, client: PlainClient): Promise<SendOptions> {
  return typeof change === 'function' ? change(client) : change
}

const payload = (proofPayload: Record<string, unknown>): SendOptions => ({ proofPayload })
const header = (proofHeader: Record<string, unknown>): SendOptions => ({ proofHeader })
const secondsOff =
  (seconds: number): Change =>
  ({ world }) =>
    payload({ iat: Math.floor(world.now() / 1000) + seconds })
const asHmac: Change = async (client) => {
  const claims = { jti: 'hmac', htm: 'POST', htu: `${client.world.issuer}/oauth/token` }
  const jwt = new SignJWT(claims).setIssuedAt(Math.floor(client.world.now() / 1000))
  const proof = await jwt
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'HS256', jwk: client.key.jwk })
    .sign(new TextEncoder().encode('a secret that both would have to know'))
  return { proof }
}

/** At the token endpoint. None of them harms the session. */
export const PROOF_MISTAKES: readonly Mistake<SignedIn>[] = [
  ['no proof', '401 invalid_dpop_proof', refresh({ proof: null })],
  ['an empty proof', '401 invalid_dpop_proof', refresh({ proof: '' })],
  ['a proof that is no JWT', '401 invalid_dpop_proof', refresh({ proof: 'garbage' })],
  [
    'two proofs',
    '401 invalid_dpop_proof',
    refresh(async (client) => {
      const url = `${client.world.issuer}/oauth/token`
      return { proof: `${await client.prove('POST', url)}, ${await client.prove('POST', url)}` }
    }),
  ],
  ['typ JWT', '401 invalid_dpop_proof', refresh(header({ typ: 'JWT' }))],
  ['no typ', '401 invalid_dpop_proof', refresh(header({ typ: undefined }))],
  [
    'alg none',
    '401 invalid_dpop_proof',
    refresh(({ key }) => ({ proof: unsigned({ typ: 'dpop+jwt', alg: 'none', jwk: key.jwk }, {}) })),
  ],
  ['alg HS256', '401 invalid_dpop_proof', refresh(asHmac)],
  ['no key', '401 invalid_dpop_proof', refresh(header({ jwk: undefined }))],
  ['an empty key', '401 invalid_dpop_proof', refresh(header({ jwk: {} }))],
  [
    'the private key',
    '401 invalid_dpop_proof',
    refresh(async ({ key }) => header({ jwk: await exportJWK(key.privateKey) })),
  ],
  [
    'the signature of another key',
    '401 invalid_dpop_proof',
    refresh(async ({ key }) => ({ key: await generateKey(), proofHeader: { jwk: key.jwk } })),
  ],
  ['another htm', '401 invalid_dpop_proof', refresh(payload({ htm: 'GET' }))],
  ['htm in small letters', '401 invalid_dpop_proof', refresh(payload({ htm: 'post' }))],
  ['no htm', '401 invalid_dpop_proof', refresh(payload({ htm: undefined }))],
  [
    'htu of another path',
    '401 invalid_dpop_proof',
    refresh(({ world }) => payload({ htu: `${world.issuer}/oauth/par` })),
  ],
  [
    'htu of another host',
    '401 invalid_dpop_proof',
    refresh(payload({ htu: 'https://evil.example.com/oauth/token' })),
  ],
  [
    'htu with a slash at its end',
    '401 invalid_dpop_proof',
    refresh(({ world }) => payload({ htu: `${world.issuer}/oauth/token/` })),
  ],
  ['htu without a host', '401 invalid_dpop_proof', refresh(payload({ htu: '/oauth/token' }))],
  [
    'htu with a password',
    '401 invalid_dpop_proof',
    refresh(({ world }) => payload({ htu: `${world.issuer}/oauth/token`.replace('//', '//u:p@') })),
  ],
  ['no htu', '401 invalid_dpop_proof', refresh(payload({ htu: undefined }))],
  ['no iat', '401 invalid_dpop_proof', refresh(payload({ iat: undefined }))],
  ['iat as text', '401 invalid_dpop_proof', refresh(payload({ iat: 'now' }))],
  ['iat 195 s ago', '401 invalid_dpop_proof', refresh(secondsOff(-195))],
  ['iat 185 s ahead', '401 invalid_dpop_proof', refresh(secondsOff(185))],
  ['exp that is long over', '401 invalid_dpop_proof', refresh(payload({ exp: 1 }))],
  ['nbf far ahead', '401 invalid_dpop_proof', refresh(payload({ nbf: 32_503_680_000 }))],
  ['no jti', '401 invalid_dpop_proof', refresh(payload({ jti: undefined }))],
  ['an empty jti', '401 invalid_dpop_proof', refresh(payload({ jti: '' }))],
  ['a number as jti', '401 invalid_dpop_proof', refresh(payload({ jti: 5 }))],
  [
    'a reused jti',
    '401 invalid_dpop_proof',
    async (subject) => subject.client.refresh(subject.tokens, await spendJti(subject)),
  ],
  ['ath without a token', '401 invalid_dpop_proof', refresh(payload({ ath: 'x' }))],
  ['no nonce', '400 use_dpop_nonce', refresh({ ...payload({ nonce: undefined }), retriesNonce: false })],
  ['an empty nonce', '400 use_dpop_nonce', refresh({ ...payload({ nonce: '' }), retriesNonce: false })],
  ['an invented nonce', '400 use_dpop_nonce', refresh({ ...payload({ nonce: 'mine' }), retriesNonce: false })],
  ['a number as nonce', '401 invalid_dpop_proof', refresh(payload({ nonce: 5 }))],
]

/** At the resource server. None of them harms the session. */
export const CALL_MISTAKES: readonly Mistake<SignedIn>[] = [
  ['no proof', '401 invalid_dpop_proof', call({ proof: null })],
  ['no ath', '401 invalid_dpop_proof', call(payload({ ath: undefined }))],
  [
    'ath of another token',
    '401 invalid_dpop_proof',
    call(payload({ ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' })),
  ],
  ['another htm', '401 invalid_dpop_proof', call(payload({ htm: 'POST' }))],
  [
    'htu of another method',
    '401 invalid_dpop_proof',
    call(({ world }) => payload({ htu: `${world.pds}/xrpc/com.atproto.repo.getRecord` })),
  ],
  ['typ JWT', '401 invalid_dpop_proof', call(header({ typ: 'JWT' }))],
  ['iat 195 s ago', '401 invalid_dpop_proof', call(secondsOff(-195))],
  ['iat 185 s ahead', '401 invalid_dpop_proof', call(secondsOff(185))],
  ['no nonce', '401 use_dpop_nonce', call({ ...payload({ nonce: undefined }), retriesNonce: false })],
  ['an invented nonce', '401 use_dpop_nonce', call({ ...payload({ nonce: 'mine' }), retriesNonce: false })],
  [
    'the same bytes twice',
    '401 invalid_dpop_proof',
    async ({ client, tokens }) => {
      await client.getSession(tokens)
      const url = `${client.world.pds}/xrpc/com.atproto.server.getSession`
      const proof = await client.prove('GET', url, { accessToken: tokens.access_token })
      await client.getSession(tokens, { proof })
      return client.getSession(tokens, { proof })
    },
  ],
  [
    'a jti that the token endpoint saw',
    '401 invalid_dpop_proof',
    async (subject) => subject.client.getSession(subject.tokens, await spendJti(subject)),
  ],
  ['a proof of another key', '401 invalid_token', call(async () => ({ key: await generateKey() }))],
  ['a token that is none', '401 invalid_token', ({ client }) => client.getSession({ access_token: 'garbage' })],
  [
    'a token with another signature',
    '401 invalid_token',
    ({ client, tokens }) => client.getSession({ access_token: tokens.access_token.replace(/[^.]+$/, 'AAAA') }),
  ],
  [
    'the refresh token in place of the access token',
    '401 invalid_token',
    ({ client, tokens }) => client.getSession({ access_token: tokens.refresh_token }),
  ],
]

/** A request with a right proof, which uses its jti up although it is refused for something else. */
async function spendJti({ client }: SignedIn): Promise<SendOptions> {
  const spent = payload({ jti: randomToken('jti') })
  await client.refresh({ refresh_token: 'unknown' }, spent)
  return spent
}
