import { generateKey, type Fields, type SendOptions } from '../plain-client.ts'
import type { SignedIn } from '../scene.ts'
import type { StakedMistake } from './mistake.ts'

/** A revocation with one thing wrong. */
function revoke(fields: Fields, options: SendOptions = {}): StakedMistake<SignedIn>[3] {
  return ({ client, tokens }) => client.revoke(tokens.refresh_token, fields, options)
}

/** RFC 7009 §2.2: a token that cannot be revoked is no error. So a 200 says nothing. */
export const REVOCATION_MISTAKES: readonly StakedMistake<SignedIn>[] = [
  ['an unknown token', '200', 'lives', revoke({ token: `ref-${'0'.repeat(64)}` })],
  ['a token that is none', '200', 'lives', revoke({ token: 'x' })],
  ['no token', '400 invalid_request', 'lives', revoke({ token: undefined })],
  ['an empty token', '400 invalid_request', 'lives', revoke({ token: '' })],
  ['a hint unheard of', '400 invalid_request', 'lives', revoke({ token_type_hint: 'zzz' })],
  ['no client', '400 invalid_request', 'lives', revoke({ client_id: undefined })],
  ['another client', '200', 'lives', revoke({ client_id: 'http://localhost' })],
  ['a client that is none', '200', 'lives', revoke({ client_id: 'nope' })],
  ['no proof', '200', 'lives', revoke({}, { proof: null })],
  ['another htm', '401 invalid_dpop_proof', 'lives', revoke({}, { proofPayload: { htm: 'GET' } })],
  [
    'a stale nonce',
    '400 use_dpop_nonce',
    'lives',
    revoke({}, { proofPayload: { nonce: 'old' }, retriesNonce: false }),
  ],
  [
    'another DPoP key',
    '200',
    'lives',
    async ({ client, tokens }) => client.revoke(tokens.refresh_token, {}, { key: await generateKey() }),
  ],
]
