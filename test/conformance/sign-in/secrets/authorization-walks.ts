import { type AtproofError, type AuthorizationErrorCode, OAuthClient } from 'atproof'
import { discoverAuthorizationServer } from 'atproof/discovery'
import { createAuthorizationUrl, DpopKey, refreshTokens, type StepClient } from 'atproof/flow'
import { didDocument } from '../../../../src/testing/did-document.ts'
import { CLIENT_ID, failureOf, privateKey, SCOPE, WEB_REDIRECT_URI } from '../../scene.ts'
import {
  beginning,
  changed,
  echo,
  echoAsBody,
  echoAsError,
  echoInHeaders,
  echoProof,
  ending,
  rewrap,
  type Walk,
  type Walks,
} from './walk.ts'
import { PASSWORD_WALKS, SHARED_PASSWORD_WALKS } from './password-walks.ts'
import type { WatchedScene } from './watched-scene.ts'

const ALICE = 'alice.example.com'
const PAR = '/oauth/par'
const TOKEN = '/oauth/token'

/** A server that refuses, and answers with what it was sent. */
function refused(path: string, error: string, status = 400): Walk[1] {
  const spoil = ({ network }: WatchedScene) =>
    void network.fault({ path, respond: (request) => echo(request, error, status), times: Infinity })
  return path === PAR ? beginning(ALICE, spoil) : ending(spoil)
}

/** The person comes back with an error, and with words for it. */
function denied(error: string, describe: (scene: WatchedScene, url: URL) => string = () => 'no'): Walk[1] {
  return async (scene) => {
    const { url, context } = await scene.begin()
    const callback = new URL(scene.network.deny(url, { error }))
    callback.searchParams.set('error_description', describe(scene, callback))
    scene.secrets.add(callback.searchParams.get('state') ?? '')
    return failureOf(scene.oauth.callback(callback, { context }))
  }
}

/** What a step that keeps nothing needs. */
async function lowStep({ network }: WatchedScene) {
  const { fetch, clock } = network
  const server = await discoverAuthorizationServer(ALICE, network.clientOptions)
  return { server, dpopKey: await DpopKey.generate({ extractable: true }), options: { fetch, clock } }
}

/** Begins a sign-in whose assertions are signed elsewhere. */
async function remotelySigned(
  scene: WatchedScene,
  signAssertion: NonNullable<StepClient['client']['signAssertion']>,
): Promise<AtproofError> {
  const { server, dpopKey, options } = await lowStep(scene)
  const client = { clientId: CLIENT_ID, signAssertion }
  const request = { client, dpopKey, redirectUri: WEB_REDIRECT_URI, scope: SCOPE }
  return failureOf(createAuthorizationUrl(server, request, options))
}

const answered = (changes: object) => ending(({ changeTokens }) => changeTokens(changes))

/** A server that puts a token where something else belongs. */
const muddled = (member: string, token: string) =>
  ending(({ network }) => {
    network.fault({ path: TOKEN, json: (json) => ({ ...json, [member]: json[token] }) })
  })

/** What a page tells of its own windows, where no server is heard: see test/unit/browser. */
type PageCode = 'popup_closed' | 'sign_in_elsewhere' | 'sign_in_left'

/** The ways to every error of a sign-in. */
export const AUTHORIZATION_WALKS: Walks<Exclude<AuthorizationErrorCode, PageCode>> = {
  ...PASSWORD_WALKS,
  client_metadata_invalid: [
    [
      'a document of its own that shows a private key',
      ({ network, oauth, keys }) => {
        network.documents.set(CLIENT_ID, { ...oauth.clientMetadata, jwks: { keys } })
        return failureOf(OAuthClient.load(CLIENT_ID, network.clientOptions))
      },
    ],
    [
      'a document of its own that lacks a key',
      async ({ network, secrets }) => {
        const key = await privateKey('k2')
        secrets.add(key.d ?? '')
        return failureOf(OAuthClient.load(CLIENT_ID, { ...network.clientOptions, keys: [key] }))
      },
    ],
  ],
  client_key_missing: [
    [
      'a client key that is gone',
      async (scene) => {
        const { callback, context } = await scene.consent()
        const deployed = scene.deploy({ keys: [await privateKey('k2')] })
        return failureOf(deployed.callback(callback, { context }))
      },
    ],
  ],
  client_key_unusable: [
    [
      'a client key whose halves do not belong together',
      async (scene) => {
        const [one, other] = [await privateKey('k2'), await privateKey('k3')]
        scene.secrets.add(one.d ?? '')
        const keys = [{ ...one, x: other.x ?? '', y: other.y ?? '' }]
        return failureOf(scene.deploy({ keys }).authorize(ALICE))
      },
    ],
  ],
  signer_failed: [
    [
      'a signer that fails, and says with what',
      async (scene) => {
        const [key] = scene.keys
        return remotelySigned(scene, () => Promise.reject(new Error(`cannot sign with ${JSON.stringify(key)}`)))
      },
    ],
  ],
  assertion_invalid: [
    [
      'a signer that answers with its key',
      async (scene) => {
        const d = scene.keys[0]?.d ?? ''
        return remotelySigned(scene, async () => ({ assertion: d, kid: 'k1', alg: 'ES256', jkt: d }))
      },
    ],
  ],
  prompt_unsupported: [
    ['a prompt that nobody offers', (scene) => failureOf(scene.deploy().authorize(ALICE, { prompt: 'hurry' }))],
  ],
  request_refused: [
    ...SHARED_PASSWORD_WALKS.request_refused,
    ['a pushed request that is refused with its own words', refused(PAR, 'invalid_request')],
    [
      'a pushed request that is refused with the assertion for a code',
      beginning(ALICE, ({ network }) => {
        network.fault({ path: PAR, respond: echoAsError('client_assertion') })
      }),
    ],
    [
      'a pushed request that is refused with its proof',
      beginning(ALICE, ({ network }) => void network.fault({ path: PAR, respond: echoProof })),
    ],
    [
      'a pushed request that is refused in headers with its own words',
      beginning(ALICE, ({ network }) => void network.fault({ path: PAR, respond: echoInHeaders })),
    ],
  ],
  scope_refused: [['a scope that is refused with the request’s own words', refused(PAR, 'invalid_scope')]],
  client_refused: [
    ['a client that is refused with its own words', refused(PAR, 'invalid_client', 401)],
    ['a person who comes back from a server that refuses the client', denied('unauthorized_client')],
  ],
  callback_malformed: [
    [
      'a callback that is too long',
      ending((_, url) => changed(url, (params) => params.set('padding', 'x'.repeat(20_000)))),
    ],
    [
      'a response for a JWT',
      ending((_, url) => changed(url, (params) => params.set('response', params.get('code') ?? ''))),
    ],
  ],
  parameter_repeated: [
    [
      'a doubled code',
      ending((_, url) => changed(url, (params) => params.append('code', params.get('code') ?? ''))),
    ],
    [
      'a doubled state',
      ending((_, url) => changed(url, (params) => params.append('state', params.get('state') ?? ''))),
    ],
  ],
  state_missing: [['a missing state', ending((_, url) => changed(url, (params) => params.delete('state')))]],
  state_unknown: [
    [
      'a state that nobody waits for any more',
      async (scene) => {
        const { callback, context } = await scene.consent()
        const redirectUri = 'http://127.0.0.1/callback'
        const stranger = new OAuthClient({ ...scene.network.clientOptions, redirectUri })
        return failureOf(stranger.callback(callback, { context }))
      },
    ],
  ],
  state_spent: [
    [
      'a spent state',
      async ({ consent, oauth }) => {
        const { callback, context } = await consent()
        await oauth.callback(callback, { context })
        return failureOf(oauth.callback(callback, { context }))
      },
    ],
  ],
  context_missing: [
    [
      'a lost context',
      async ({ consent, oauth }) => failureOf(oauth.callback((await consent()).callback, { context: '' })),
    ],
  ],
  context_mismatch: [
    [
      'a foreign context',
      async ({ consent, oauth }) => {
        const [mine, theirs] = [await consent(), await consent()]
        return failureOf(oauth.callback(mine.callback, { context: theirs.context }))
      },
    ],
    [
      'a context that lost its end',
      async ({ consent, oauth }) => {
        const { callback, context } = await consent()
        return failureOf(oauth.callback(callback, { context: context.slice(0, -2) }))
      },
    ],
  ],
  sign_in_expired: [
    [
      'a person who comes back after an hour',
      async ({ consent, oauth, clock }) => {
        const { callback, context } = await consent()
        await clock.advance(3_600_000)
        return failureOf(oauth.callback(callback, { context }))
      },
    ],
  ],
  issuer_missing: [['a missing issuer', ending((_, url) => changed(url, (params) => params.delete('iss')))]],
  callback_issuer_mismatch: [
    [
      'a wrong issuer',
      ending((_, url) => changed(url, (params) => params.set('iss', 'https://evil.example.com'))),
    ],
    [
      'the code for an issuer',
      ending((_, url) => changed(url, (params) => params.set('iss', params.get('code') ?? ''))),
    ],
  ],
  access_denied: [
    ['consent denied', denied('access_denied')],
    [
      'consent denied, with the state for words',
      denied('access_denied', (_, url) => `of ${url.searchParams.get('state')}`),
    ],
    [
      'consent denied, with a code for words',
      ending((_, url) =>
        changed(url, (params) => {
          params.set('error', 'access_denied')
          params.set('error_description', `of ${params.get('code')}`)
        }),
      ),
    ],
  ],
  interaction_required: [['a server that wants to ask', denied('login_required')]],
  authorization_failed: [
    ['a server that ends it', denied('invalid_request')],
    [
      'a server that ends it with the code for an error',
      ending((_, url) => changed(url, (params) => params.set('error', params.get('code') ?? ''))),
    ],
    [
      'a server that ends it with what it was pushed for an error',
      async (scene) => {
        const { url, context } = await scene.begin()
        const assertion = scene.network.log.to(PAR).at(-1)?.form?.get('client_assertion') ?? ''
        return failureOf(scene.oauth.callback(scene.network.deny(url, { error: assertion }), { context }))
      },
    ],
  ],
  code_missing: [['a missing code', ending((_, url) => changed(url, (params) => params.delete('code')))]],
  refresh_refused: [
    [
      'a refresh token that is refused with itself',
      async (scene) => {
        const { callback, context } = await scene.consent()
        const { did } = (await scene.oauth.callback(callback, { context })).client
        const { server, dpopKey, options } = await lowStep(scene)
        const { accessToken, refreshToken, scope } = scene.alice.session
        scene.network.fault({ path: TOKEN, respond: (request) => echo(request, 'invalid_grant') })
        const clientAuth = { method: 'none', clientId: CLIENT_ID } as const
        const tokens = { accessToken, refreshToken, did, scope, expiresAt: undefined }
        const refresh = { client: { clientId: CLIENT_ID }, clientAuth, dpopKey, tokens }
        return failureOf(refreshTokens(server, refresh, options))
      },
    ],
  ],
  code_refused: [
    ['a code that is refused with its own words', refused(TOKEN, 'invalid_grant')],
    [
      'a code that is refused with itself for an error code',
      ending(({ network }) => void network.fault({ path: TOKEN, respond: echoAsError('code') })),
    ],
    [
      'a code that is refused with its verifier for an error code',
      ending(({ network }) => void network.fault({ path: TOKEN, respond: echoAsError('code_verifier') })),
    ],
    [
      'a code that is refused with its proof',
      ending(({ network }) => void network.fault({ path: TOKEN, respond: echoProof })),
    ],
    [
      'a code that is refused in headers with its own words',
      ending(({ network }) => void network.fault({ path: TOKEN, respond: echoInHeaders })),
    ],
    [
      'tokens that come as an error',
      ending(({ network }) => void network.fault({ path: TOKEN, alter: rewrap({ status: 400 }) })),
    ],
  ],
  token_response_invalid: [
    ['tokens of the type Bearer', answered({ token_type: 'Bearer' })],
    ['tokens for nobody', answered({ sub: 'nobody' })],
    ['no access token', answered({ access_token: undefined })],
    ['tokens whose type is one of them', muddled('token_type', 'refresh_token')],
    ['tokens for one of them', muddled('sub', 'access_token')],
    ...SHARED_PASSWORD_WALKS.token_response_invalid,
  ],
  wrong_account: [['tokens for another account', answered({ sub: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })]],
  account_issuer_mismatch: [
    [
      'tokens for an account of another server',
      ending(({ network, alice }) => {
        const home = 'https://home.example.com'
        network.didDocuments.set(alice.did, didDocument({ did: alice.did, handle: ALICE }, home))
        network.host(home, ({ url }) =>
          Response.json(
            url.endsWith('oauth-protected-resource')
              ? { resource: home, authorization_servers: [home] }
              : { ...network.authorizationServerMetadata, issuer: home, protected_resources: [home] },
          ),
        )
      }, 'https://pds.example.com'),
    ],
  ],
  scope_missing: [
    ['tokens without `atproto`', answered({ scope: 'openid' })],
    ['tokens whose scope is one of them', muddled('scope', 'refresh_token')],
  ],
  server_failing: [
    [
      'a token endpoint that fails and repeats what it was sent',
      ending(({ network }) => void network.fault({ path: TOKEN, respond: echoAsBody })),
    ],
    ['a token endpoint that fails with its own words', refused(TOKEN, 'server_error', 500)],
    ['a pushed request that fails with its own words', refused(PAR, 'server_error', 503)],
    ...SHARED_PASSWORD_WALKS.server_failing,
  ],
}
