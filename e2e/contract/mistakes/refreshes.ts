import { type Fields, generateKey, type SendOptions } from '../plain-client.ts'
import type { SignedIn } from '../scene.ts'
import type { StakedMistake } from './mistake.ts'

/** A refresh with one thing wrong. */
function refresh(fields: Fields, options: SendOptions = {}): StakedMistake<SignedIn>[3] {
  return ({ client, tokens }) =>
    client.token({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...fields }, options)
}

/** A token that was used already, sent once more. */
function replay(options: () => Promise<SendOptions> = async () => ({})): StakedMistake<SignedIn>[3] {
  return async ({ client, tokens }) => {
    await client.refresh(tokens)
    return client.refresh(tokens, await options())
  }
}

const GRANT = '400 invalid_grant'

export const REFRESH_MISTAKES: readonly StakedMistake<SignedIn>[] = [
  ['an unknown token', GRANT, 'lives', refresh({ refresh_token: `ref-${'0'.repeat(64)}` })],
  ['a token that is none', GRANT, 'lives', refresh({ refresh_token: 'x' })],
  ['no token', GRANT, 'lives', refresh({ refresh_token: undefined })],
  [
    'the access token',
    GRANT,
    'lives',
    ({ client, tokens }) => client.refresh({ refresh_token: tokens.access_token }),
  ],
  ['a token sent twice', GRANT, 'ends', replay()],
  ['a token sent twice, by a thief', GRANT, 'ends', replay(async () => ({ key: await generateKey() }))],
  [
    'another DPoP key',
    GRANT,
    'ends',
    async ({ client, tokens }) => client.refresh(tokens, { key: await generateKey() }),
  ],
  ['another client', GRANT, 'ends', refresh({ client_id: 'http://localhost' })],
  ['no client', GRANT, 'lives', refresh({ client_id: undefined })],
  ['a client that is none', '400 invalid_client_metadata', 'lives', refresh({ client_id: 'nope' })],
]

/** The same of a confidential client. */
export const CONFIDENTIAL_REFRESH_MISTAKES: readonly StakedMistake<SignedIn>[] = [
  [
    'no assertion',
    '400 invalid_request',
    'lives',
    refresh({ client_assertion: undefined, client_assertion_type: undefined }),
  ],
]
