import { type Fields, generateKey, thumbprintOf, type PlainClient, type SendOptions } from '../plain-client.ts'
import type { Mistake } from './mistake.ts'

/** A pushed request of a loopback client, with one thing wrong. */
function push(fields: Fields, options: SendOptions = {}): (client: PlainClient) => ReturnType<PlainClient['par']> {
  return (client) => client.par(fields, options)
}

/** The same as a client with another id. */
function pushAs(client_id: string | undefined): (client: PlainClient) => ReturnType<PlainClient['par']> {
  return push({ client_id })
}

export const REQUEST_MISTAKES: readonly Mistake<PlainClient>[] = [
  ['response_type token', '400 unsupported_response_type', push({ response_type: 'token' })],
  ['response_type unheard of', '400 invalid_request', push({ response_type: 'garbage' })],
  ['no response_type', '400 invalid_request', push({ response_type: undefined })],
  ['no PKCE', '400 invalid_request', push({ code_challenge: undefined, code_challenge_method: undefined })],
  ['PKCE method plain', '400 invalid_request', push({ code_challenge_method: 'plain' })],
  ['no PKCE method', '400 invalid_request', push({ code_challenge_method: undefined })],
  ['a PKCE method without a challenge', '400 invalid_request', push({ code_challenge: undefined })],
  ['an empty challenge', '400 invalid_request', push({ code_challenge: '' })],
  ['another redirect path', '400 invalid_request', push({ redirect_uri: 'http://127.0.0.1:8080/other' })],
  [
    'another port than the one that was declared',
    '400 invalid_request',
    push({
      client_id: 'http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%3A7777%2F',
      redirect_uri: 'http://127.0.0.1:8888/',
      scope: 'atproto',
    }),
  ],
  ['a redirect to localhost', '400 invalid_request', push({ redirect_uri: 'http://localhost:8080/' })],
  ['a redirect with a query', '400 invalid_request', push({ redirect_uri: 'http://127.0.0.1:8080/?a=b' })],
  ['a redirect with a fragment', '400 invalid_request', push({ redirect_uri: 'http://127.0.0.1:8080/#a' })],
  ['a redirect that was not declared', '400 invalid_request', push({ redirect_uri: 'https://evil.example.com/' })],
  ['a redirect over http', '400 invalid_request', push({ redirect_uri: 'http://app.example.com/' })],
  ['a redirect that is no URL', '400 invalid_request', push({ redirect_uri: '/callback' })],
  ['no redirect, of two that were declared', '400 invalid_request', push({ redirect_uri: undefined })],
  ['no scope', '400 invalid_scope', push({ scope: undefined })],
  ['a scope without atproto', '400 invalid_scope', push({ scope: 'transition:generic' })],
  ['a scope that was not declared', '400 invalid_scope', push({ scope: 'atproto transition:email' })],
  ['a scope with two blanks', '400 invalid_request', push({ scope: 'atproto  transition:generic' })],
  ['an empty scope', '400 invalid_request', push({ scope: '' })],
  [
    'OpenID Connect',
    '400 invalid_scope',
    push({ client_id: 'http://localhost?scope=atproto+openid', scope: 'atproto openid' }),
  ],
  [
    'a permission set that nobody published',
    '400 invalid_scope',
    push({
      client_id: 'http://localhost?scope=atproto+include:com.example.nothing',
      scope: 'atproto include:com.example.nothing',
    }),
  ],
  ['a login_hint with @', '400 invalid_request', push({ login_hint: '@alice.test' })],
  ['a login_hint that is an email address', '400 invalid_request', push({ login_hint: 'alice@mail.com' })],
  ['a login_hint that is a URL', '400 invalid_request', push({ login_hint: 'https://pds.example.com' })],
  ['a login_hint that is no DID of an account', '400 invalid_request', push({ login_hint: 'did:key:z6mk' })],
  ['an empty login_hint', '400 invalid_request', push({ login_hint: '' })],
  ['prompt none, as a public client', '400 invalid_request', push({ prompt: 'none' })],
  ['a prompt unheard of', '400 invalid_request', push({ prompt: 'login consent' })],
  ['a response_mode unheard of', '400 invalid_request', push({ response_mode: 'jwt' })],
  ['a nonce of OpenID Connect', '400 invalid_request', push({ nonce: 'n' })],
  ['claims of OpenID Connect', '400 invalid_request', push({ claims: '{"userinfo":{}}' })],
  ['an id_token_hint', '400 invalid_request', push({ id_token_hint: 'x' })],
  ['ui_locales that are none', '400 invalid_request', push({ ui_locales: '-' })],
  ['a max_age in the past', '400 invalid_request', push({ max_age: '-1' })],
  [
    'dpop_jkt of another key',
    '401 invalid_token',
    async (client) => client.par({ dpop_jkt: await thumbprintOf(await generateKey()) }),
  ],
  ['no client_id', '400 invalid_client', pushAs(undefined)],
  ['an empty client_id', '400 invalid_client', pushAs('')],
  ['a client_id that is no URL', '400 invalid_client_metadata', pushAs('nope')],
  ['a client_id over http', '400 invalid_client_metadata', pushAs('http://app.atproof.internal/client.json')],
  ['a client_id that is an address', '400 invalid_client_metadata', pushAs('https://127.0.0.1/client.json')],
  ['a client_id that ends in .local', '400 invalid_client_metadata', pushAs('https://app.local/client.json')],
  ['a client_id that ends in .test', '400 invalid_client_id', pushAs('https://app.test/client.json')],
  [
    'a document that is not there',
    '400 invalid_client_metadata',
    pushAs('https://app.atproof.internal/none.json'),
  ],
  ['a loopback client_id with a port', '400 invalid_client_metadata', pushAs('http://localhost:3000')],
  ['a loopback client_id with a path', '400 invalid_client_metadata', pushAs('http://localhost/client')],
  [
    'a loopback client_id with a parameter of its own',
    '400 invalid_client_metadata',
    pushAs('http://localhost?foo=bar'),
  ],
  ['a loopback client_id by address', '400 invalid_client_metadata', pushAs('http://127.0.0.1')],
  [
    'a loopback client_id without atproto',
    '400 invalid_client_metadata',
    pushAs('http://localhost?scope=transition:generic'),
  ],
  [
    'a loopback client_id with two scopes',
    '400 invalid_client_metadata',
    pushAs('http://localhost?scope=atproto&scope=atproto'),
  ],
  [
    'a loopback client_id that redirects to localhost',
    '400 invalid_client_metadata',
    pushAs('http://localhost?redirect_uri=http://localhost/callback'),
  ],
  ['a body of text', '415 invalid_request', push({}, { headers: { 'content-type': 'text/plain' } })],
  [
    'a form that says it is JSON',
    '400 invalid_request',
    push({}, { headers: { 'content-type': 'application/json' } }),
  ],
  ['a GET', '405', push({}, { method: 'GET', body: undefined })],
]
