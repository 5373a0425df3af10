import { SignJWT } from 'jose'
import { randomToken } from '../../../src/testing/random-token.ts'
import { generateKey } from '../plain-client.ts'
import type { ConfidentialClient } from '../scene.ts'
import { type Mistake, unsigned } from './mistake.ts'

type Change = Record<string, unknown> | ((subject: ConfidentialClient) => Record<string, unknown>)

/** A pushed request with one thing wrong in the claims of its assertion. */
function claims(change: Change): Mistake<ConfidentialClient>[2] {
  return async (subject) => {
    const { client, keys } = subject
    const changes = typeof change === 'function' ? change(subject) : change
    return client.par({ client_assertion: await client.assert(keys[0], changes) })
  }
}

const secondsOff =
  (iat: number, exp = 3600): Change =>
  ({ client }) => {
    const now = Math.floor(client.world.now() / 1000)
    return { iat: now + iat, exp: now + exp }
  }
const issuerWith =
  (name: string, path: string): Change =>
  ({ client }) => ({ [name]: client.world.issuer + path })

export const ASSERTION_MISTAKES: readonly Mistake<ConfidentialClient>[] = [
  [
    'no assertion',
    '400 invalid_request',
    ({ client }) => client.par({ client_assertion: undefined, client_assertion_type: undefined }),
  ],
  ['no type', '400 invalid_request', ({ client }) => client.par({ client_assertion_type: undefined })],
  ['another type', '400 invalid_request', ({ client }) => client.par({ client_assertion_type: 'urn:x' })],
  ['a text that is no JWT', '400 invalid_request', ({ client }) => client.par({ client_assertion: 'garbage' })],
  [
    'alg none',
    '400 invalid_request',
    ({ client }) => client.par({ client_assertion: unsigned({ alg: 'none', kid: 'k1' }, {}) }),
  ],
  [
    'a secret',
    '400 invalid_request',
    ({ client }) =>
      client.par({ client_assertion: undefined, client_assertion_type: undefined, client_secret: 's' }),
  ],
  ['the token endpoint as audience', '400 invalid_client', claims(issuerWith('aud', '/oauth/token'))],
  ['the PAR endpoint as audience', '400 invalid_client', claims(issuerWith('aud', '/oauth/par'))],
  ['the issuer with a slash as audience', '400 invalid_client', claims(issuerWith('aud', '/'))],
  ['no audience', '400 invalid_client', claims({ aud: undefined })],
  ['another iss', '400 invalid_client', claims({ iss: 'https://evil.example.com/c.json' })],
  ['no iss', '400 invalid_client', claims({ iss: undefined })],
  ['another sub', '400 invalid_client', claims({ sub: 'https://evil.example.com/c.json' })],
  ['no sub', '400 invalid_client', claims({ sub: undefined })],
  ['an end that is over', '400 invalid_client', claims(secondsOff(-30, -1))],
  ['iat 5 s ahead', '400 invalid_client', claims(secondsOff(5))],
  ['iat 65 s ago', '400 invalid_client', claims(secondsOff(-65))],
  ['no iat', '400 invalid_client', claims({ iat: undefined })],
  ['nbf ahead', '400 invalid_client', claims({ nbf: 32_503_680_000 })],
  ['no jti', '400 invalid_client', claims({ jti: undefined })],
  [
    'an assertion used twice',
    '400 invalid_grant',
    async ({ client, keys }) => {
      const client_assertion = await client.assert(keys[0])
      await client.par({ client_assertion })
      return client.par({ client_assertion })
    },
  ],
  [
    'an assertion of a request that was refused',
    '400 invalid_grant',
    async ({ client, keys }) => {
      const jti = randomToken('jti')
      await client.par({ client_assertion: await client.assert(keys[0], { jti }), scope: 'atproto nope' })
      return client.par({ client_assertion: await client.assert(keys[0], { jti }) })
    },
  ],
  [
    'no kid, with two keys',
    '400 invalid_client',
    async ({ client, keys }) =>
      client.par({ client_assertion: await client.assert(keys[0], {}, { kid: undefined }) }),
  ],
  [
    'a kid that nobody declared',
    '400 invalid_client',
    async ({ client, keys }) => client.par({ client_assertion: await client.assert(keys[0], {}, { kid: 'k9' }) }),
  ],
  [
    'the kid of the other key',
    '400 invalid_client',
    async ({ client, keys }) => client.par({ client_assertion: await client.assert(keys[0], {}, { kid: 'k2' }) }),
  ],
  [
    'a key that was never declared',
    '400 invalid_client',
    async ({ client }) => client.par({ client_assertion: await client.assert(await generateKey('k1')) }),
  ],
  [
    'alg HS256',
    '400 invalid_client',
    async ({ client }) => {
      const { clientId: iss, world } = client
      const jwt = new SignJWT({ iss, sub: iss, aud: world.issuer, jti: 'hmac' })
      const signed = jwt
        .setIssuedAt(Math.floor(world.now() / 1000))
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      return client.par({
        client_assertion: await signed.sign(new TextEncoder().encode('a secret of 32 bytes or more …')),
      })
    },
  ],
]
