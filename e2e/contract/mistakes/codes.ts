import { generateKey, type Fields, type PlainClient, type SendOptions } from '../plain-client.ts'
import type { StakedMistake } from './mistake.ts'

/** A client and the callback that it may exchange. */
export interface Consented {
  readonly client: PlainClient
  readonly callback: string
}

/** An exchange with one thing wrong. */
function exchange(fields: Fields, options: SendOptions = {}): StakedMistake<Consented>[3] {
  return ({ client, callback }) => client.exchange(callback, fields, options)
}

const GRANT = '400 invalid_grant'
const UNKNOWN_CODE = `cod-${'0'.repeat(64)}`

export const CODE_MISTAKES: readonly StakedMistake<Consented>[] = [
  ['an unknown code', GRANT, 'lives', exchange({ code: UNKNOWN_CODE })],
  ['a code that is none', GRANT, 'lives', exchange({ code: 'x' })],
  ['no code', GRANT, 'lives', exchange({ code: undefined })],
  ['another verifier', GRANT, 'ends', exchange({ code_verifier: 'y'.repeat(43) })],
  ['no verifier', GRANT, 'ends', exchange({ code_verifier: undefined })],
  ['a verifier of 20 characters', GRANT, 'lives', exchange({ code_verifier: 'y'.repeat(20) })],
  ['a verifier of 129 characters', GRANT, 'lives', exchange({ code_verifier: 'y'.repeat(129) })],
  ['a verifier with a plus', GRANT, 'lives', exchange({ code_verifier: '+'.repeat(43) })],
  ['another redirect_uri', GRANT, 'ends', exchange({ redirect_uri: 'http://127.0.0.1:8081/' })],
  ['no redirect_uri', GRANT, 'lives', exchange({ redirect_uri: undefined })],
  ['another client', GRANT, 'ends', exchange({ client_id: 'http://localhost' })],
  ['no client', GRANT, 'lives', exchange({ client_id: undefined })],
  ['a client that is none', '400 invalid_client_metadata', 'lives', exchange({ client_id: 'nope' })],
  [
    'another DPoP key',
    GRANT,
    'ends',
    async ({ client, callback }) => client.exchange(callback, {}, { key: await generateKey() }),
  ],
  ['no proof', '401 invalid_dpop_proof', 'lives', exchange({}, { proof: null })],
  [
    'a stale nonce',
    '400 use_dpop_nonce',
    'lives',
    exchange({}, { proofPayload: { nonce: 'old' }, retriesNonce: false }),
  ],
  ['ath', '401 invalid_dpop_proof', 'lives', exchange({}, { proofPayload: { ath: 'x' } })],
  ['no grant_type', GRANT, 'lives', exchange({ grant_type: undefined })],
  ['a grant_type that is not supported', GRANT, 'lives', exchange({ grant_type: 'client_credentials' })],
  ['a grant_type unheard of', GRANT, 'lives', exchange({ grant_type: 'zzz' })],
  [
    'a form that says it is JSON',
    '400 invalid_request',
    'lives',
    exchange({}, { headers: { 'content-type': 'application/json' } }),
  ],
  ['a body of text', '415 invalid_request', 'lives', exchange({}, { headers: { 'content-type': 'text/plain' } })],
  [
    'a code sent twice',
    GRANT,
    'ends',
    async ({ client, callback }) => {
      await client.exchange(callback)
      return client.exchange(callback)
    },
  ],
]
