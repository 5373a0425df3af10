import { AtproofError, type AuthorizeOptions } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, confidentialAlice, consentedAlice, failureOf, keysIn, type Scene } from '../scene.ts'

const ISSUER = 'https://pds.example.com'

type BadCallback = readonly [
  title: string,
  change: (callback: URL, context: string) => { readonly callback: string | URL; readonly context: string },
  code: string,
  message: string,
  action: string | undefined,
]

const withParams = (change: (params: URLSearchParams) => void): BadCallback[1] => {
  return (callback, context) => {
    const changed = new URL(callback)
    change(changed.searchParams)
    return { callback: changed, context }
  }
}

/** What can come instead of a callback, and what a stranger reads then. */
const BAD_CALLBACKS: readonly BadCallback[] = [
  [
    'nothing at all',
    (_, context) => ({ callback: '', context }),
    'state_missing',
    'the callback carries no state (state, expected the whole URL that the page returned to)',
    undefined,
  ],
  [
    'a path without its query',
    (callback, context) => ({ callback: callback.pathname, context }),
    'state_missing',
    'the callback carries no state (state, expected the whole URL that the page returned to)',
    undefined,
  ],
  [
    'a parameter twice',
    withParams((params) => params.append('iss', ISSUER)),
    'parameter_repeated',
    'the callback carries a parameter twice (iss, expected one, found "several")',
    undefined,
  ],
  [
    'a JWT for a response',
    withParams((params) => params.set('response', 'eyJ.eyJ.x')),
    'callback_malformed',
    'the callback is not a well-formed authorization response (response, expected plain parameters, found "a JWT")',
    undefined,
  ],
  [
    'a book',
    withParams((params) => params.set('chapter', 'x'.repeat(20_000))),
    'callback_malformed',
    'the callback is not a well-formed authorization response (callback, expected at most 16384 characters)',
    undefined,
  ],
  [
    'another state',
    withParams((params) => params.set('state', 'x'.repeat(43))),
    'state_unknown',
    'no sign-in is waiting for this callback (state)',
    'sign in again',
  ],
  [
    'no context',
    (callback) => ({ callback, context: '' }),
    'context_missing',
    'the browser brought no context with the callback (context)',
    'keep what `authorize` returns for the host of the redirect URI: in a cookie, with SameSite=Lax',
  ],
  [
    'another context',
    (callback) => ({ callback, context: 'x'.repeat(43) }),
    'context_mismatch',
    'the callback belongs to another sign-in: of another browser, or one that this browser began before a newer one (context, expected the context of this sign-in)',
    'sign in again',
  ],
  [
    'no issuer',
    withParams((params) => params.delete('iss')),
    'issuer_missing',
    `the callback does not name its issuer (iss, expected ${ISSUER})`,
    undefined,
  ],
  [
    'another issuer',
    withParams((params) => params.set('iss', 'https://evil.example.com')),
    'callback_issuer_mismatch',
    `the callback names another issuer than the sign-in (iss, expected ${ISSUER}, found "https://evil.example.com")`,
    undefined,
  ],
  [
    'neither a code nor an error',
    withParams((params) => params.delete('code')),
    'code_missing',
    'the callback carries neither a code nor an error (code, expected a code)',
    undefined,
  ],
  [
    'a refusal',
    withParams((params) => params.set('error', 'access_denied')),
    'access_denied',
    'the person refused, or the server refused for them (error, found "access_denied")',
    undefined,
  ],
  [
    'a code that nobody gave',
    withParams((params) => params.set('code', 'cod-nobody')),
    'code_refused',
    `the authorization server did not accept the code at ${ISSUER}/oauth/token (error, expected tokens, found "invalid_grant"): Invalid code: String must contain exactly 68 character(s) at code`,
    'sign in again',
  ],
]

describe('a bad callback', () => {
  test.each(BAD_CALLBACKS)(
    '[E1] [E2] [E3] [E4] [E5] is told by its own code: %s',
    async (_, change, code, message, action) => {
      const scene = alicesScene()
      const consented = await consentedAlice(scene)
      const { callback, context } = change(consented.callback, consented.context)
      const error = await failureOf(scene.oauth.callback(callback, { context }))
      expect(error).toBeInstanceOf(AtproofError)
      expect(error).toMatchObject({ name: 'AuthorizationError', code, retryable: false })
      expect(error.message).toBe(message)
      expect(error.action).toBe(action)
      expect(await keysIn(scene.storage, 'session/')).toEqual([])
    },
  )

  test('[E1] of one kind has a code that no other kind has', () => {
    const byCode = Map.groupBy(BAD_CALLBACKS, ([, , code]) => code)
    const shared = [...byCode].filter(([, kinds]) => kinds.length > 1).map(([code]) => code)
    // Two ways to lose a query, two of being something else than plain parameters.
    expect(shared).toEqual(['state_missing', 'callback_malformed'])
  })
})

type BadWish = readonly [
  title: string,
  options: AuthorizeOptions,
  error: { readonly name: string; readonly code?: string },
  message: string,
]

/** What an app can ask for by mistake, and what its developer reads then. */
const BAD_WISHES: readonly BadWish[] = [
  [
    'a redirect URI of another app',
    { redirectUri: 'https://evil.example.com/' },
    { name: 'TypeError' },
    'redirectUri: expected one of http://127.0.0.1/callback, found "https://evil.example.com/"',
  ],
  [
    'a scope that the client does not declare',
    { scope: 'atproto transition:email' },
    { name: 'TypeError' },
    'scope: expected scopes of the client\'s own "atproto transition:generic", found "transition:email"',
  ],
  [
    'a fallback that the client does not declare',
    { fallbackScope: 'atproto transition:email' },
    { name: 'TypeError' },
    'fallbackScope: expected scopes of the client\'s own "atproto transition:generic", found "transition:email"',
  ],
  [
    'a language that is none',
    { locale: 'German!' },
    { name: 'TypeError' },
    'locale: expected language tags such as de or fr-CH, found "German!"',
  ],
  [
    'a prompt that nobody knows',
    { prompt: 'hurry' },
    { name: 'AuthorizationError', code: 'prompt_unsupported' },
    `the authorization server does not offer this prompt at ${ISSUER} (prompt, expected one of login, consent, select_account, create, found "hurry")`,
  ],
  [
    'a prompt for others',
    { prompt: 'none' },
    { name: 'AuthorizationError', code: 'prompt_unsupported' },
    `the authorization server does not offer this prompt at ${ISSUER} (prompt, expected one of login, consent, select_account, create, found "none"): the prompt none is for confidential clients`,
  ],
]

describe('a bad wish', () => {
  test.each(BAD_WISHES)(
    '[D1] [D7] [C3] is told before anything is pushed: %s',
    async (_, options, facts, message) => {
      const scene = alicesScene()
      const error = await failureOf(scene.oauth.authorize('alice.example.com', options))
      expect(error).toMatchObject(facts)
      expect(error.message).toBe(message)
      expect(scene.network.log.to('/oauth/par')).toEqual([])
      expect(await keysIn(scene.storage)).toEqual([])
    },
  )
})

type Refusal = readonly [title: string, spoil: (scene: Scene) => void, code: string, action: RegExp]

/** What a server can refuse before anybody sees its page, and what there is to do about it. */
const REFUSALS: readonly Refusal[] = [
  [
    'the client, since its document is not there',
    ({ network }) => network.documents.clear(),
    'client_refused',
    /^serve `clientMetadata` at the client id/,
  ],
  [
    'the client, since its document lacks the redirect URI',
    ({ network, oauth }) => {
      const document = { ...oauth.clientMetadata, redirect_uris: ['https://app.example.com/elsewhere'] }
      network.documents.set(oauth.clientMetadata.client_id, document)
    },
    'request_refused',
    /Invalid redirect_uri https:\/\/app\.example\.com\/callback$/,
  ],
  [
    'the scope, since the document lacks it',
    ({ network, oauth }) => {
      network.documents.set(oauth.clientMetadata.client_id, { ...oauth.clientMetadata, scope: 'atproto' })
    },
    'scope_refused',
    /^name it in the `scope` of the client's metadata, or give a `fallbackScope`$/,
  ],
  [
    'the key, since the document has another',
    ({ network, oauth }) => {
      const [key] = oauth.jwks.keys
      const document = { ...oauth.clientMetadata, jwks: { keys: [{ ...key, kid: 'another' }] } }
      network.documents.set(oauth.clientMetadata.client_id, document)
    },
    'client_refused',
    /^serve `clientMetadata` at the client id/,
  ],
]

describe('a sign-in that the server refuses', () => {
  test.each(REFUSALS)('[D12] [C3] says what to do: %s', async (_, spoil, code, action) => {
    const scene = await confidentialAlice()
    spoil(scene)
    const error = await failureOf(scene.oauth.authorize('alice.example.com'))
    expect(error).toMatchObject({ name: 'AuthorizationError', code, retryable: false })
    expect(error.action ?? error.message).toMatch(action)
    // What the server itself said of it.
    expect(error.message).toMatch(/\): .{10,}/)
    expect(await keysIn(scene.storage)).toEqual([])
  })
})
