import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import {
  AtproofError,
  AuthorizationError,
  DiscoveryError,
  IdentityError,
  type IdentityErrorCode,
  NetworkError,
  SessionError,
  StorageError,
  wrongArgument,
  XrpcError,
} from '../../src/errors.ts'

const account = { sessionId: 'did:plc:alice/1', did: 'did:plc:alice', handle: 'alice.example.com' }

function xrpcError(facts: { readonly retryable?: boolean } = {}): XrpcError {
  return new XrpcError('error_response', {
    nsid: 'com.example.getThings',
    status: 400,
    error: 'TooMany',
    headers: new Headers({ 'x-secret': 'header-secret' }),
    rateLimit: undefined,
    client: { token: 'client-secret' },
    response: new Response('body-secret', { headers: { 'x-secret': 'response-secret' } }),
    ...facts,
  })
}

test.each([
  { error: new IdentityError('handle_not_found'), name: 'IdentityError', code: 'handle_not_found' },
  { error: new DiscoveryError('issuer_mismatch'), name: 'DiscoveryError', code: 'issuer_mismatch' },
  { error: new AuthorizationError('state_spent'), name: 'AuthorizationError', code: 'state_spent' },
  { error: new SessionError('signed_out', account), name: 'SessionError', code: 'signed_out' },
  { error: new NetworkError('timeout'), name: 'NetworkError', code: 'timeout' },
  { error: new StorageError('corrupt'), name: 'StorageError', code: 'corrupt' },
  { error: xrpcError(), name: 'XrpcError', code: 'error_response' },
])('$name says its name and its code', ({ error, name, code }) => {
  expect(error).toBeInstanceOf(AtproofError)
  expect(error).toBeInstanceOf(Error)
  expect(error.name).toBe(name)
  expect(error.code).toBe(code)
  expect(String(error)).toMatch(new RegExp(`^${name}: \\w`))
})

test('builds its message from the facts', () => {
  const error = new DiscoveryError('issuer_mismatch', {
    field: 'issuer',
    expected: 'https://a.example.com',
    found: 'https://b.example.com',
    url: 'https://a.example.com/.well-known/oauth-authorization-server',
    detail: 'moved',
  })
  expect(error.message).toBe(
    'the metadata names another issuer at https://a.example.com/.well-known/oauth-authorization-server ' +
      '(issuer, expected https://a.example.com, found "https://b.example.com"): moved',
  )
  expect(error).toMatchObject({
    field: 'issuer',
    expected: 'https://a.example.com',
    found: 'https://b.example.com',
  })
})

test('has a message without any facts', () => {
  expect(new NetworkError('timeout').message).toBe('the server did not answer in time')
})

test('says whether trying again can help, by its code', () => {
  expect(new NetworkError('timeout').retryable).toBe(true)
  expect(new NetworkError('address_forbidden').retryable).toBe(false)
  expect(new SessionError('refresh_pending', account).retryable).toBe(true)
  expect(new SessionError('signed_out', account).retryable).toBe(false)
})

test('lets the facts overrule whether trying again can help', () => {
  expect(xrpcError({ retryable: true }).retryable).toBe(true)
  expect(xrpcError().retryable).toBe(false)
  expect(new NetworkError('timeout', { retryable: false }).retryable).toBe(false)
})

test('says what to do where there is something to do', () => {
  expect(new SessionError('needs_reauth', account).action).toBe('sign in again')
  expect(new SessionError('client_key_missing', { ...account, action: 'add k1' }).action).toBe('add k1')
  expect(new NetworkError('timeout').action).toBeUndefined()
})

test('shortens what came and what the server said to 200 characters', () => {
  const long = 'x'.repeat(10_000)
  const error = new DiscoveryError('server_failing', { field: 'issuer', found: long, detail: long })
  expect(error.message.length).toBeLessThan(600)
  expect(error.message).toContain('…')
  expect(new DiscoveryError('server_failing', { detail: 'short' }).message).not.toContain('…')
})

test.each([
  ['a\u200Bb', String.raw`"a\u200bb"`],
  ['a\u00ADb', String.raw`"a\u00adb"`],
  ['a\u00A0b\u3000c', String.raw`"a\u00a0b\u3000c"`],
  ['a\u2028b\u2029c', String.raw`"a\u2028b\u2029c"`],
  ['a\u007Fb\u0085c', String.raw`"a\u007fb\u0085c"`],
  ['\u202Eabc\u2066', String.raw`"\u202eabc\u2066"`],
  ['a\uFE0Fb\u3164c\u2800d', String.raw`"a\ufe0fb\u3164c\u2800d"`],
  ['\u{E0061}', String.raw`"\udb40\udc61"`],
  ['\uE000\uD800', String.raw`"\ue000\ud800"`],
  ['tab\tand line\n', String.raw`"tab\tand line\n"`],
  ['a b é 漢字 💩', '"a b é 漢字 💩"'],
])('shows what is not seen: %j', (found, shown) => {
  expect(new IdentityError('handle_malformed', { found }).message).toBe(
    `the handle is not well-formed (found ${shown})`,
  )
  expect(wrongArgument('handle', 'a handle', found).message).toBe(`handle: expected a handle, found ${shown}`)
})

test('shows what is not seen in what the server said, too', () => {
  const { message } = new DiscoveryError('server_failing', { detail: 'no\u001B[31m \u202Eway' })
  expect(message.endsWith(String.raw`: no\u001b[31m \u202eway`)).toBe(true)
})

test.each([
  'identifier_missing',
  'identifier_malformed',
  'identifier_is_link',
  'identifier_is_email',
  'identifier_is_server',
  'server_url_insecure',
  'server_url_malformed',
  'handle_incomplete',
  'handle_malformed',
  'handle_placeholder',
  'handle_reserved',
  'handle_not_found',
  'handle_ambiguous',
  'handle_mismatch',
  'handle_unresolved',
  'did_malformed',
  'did_unsupported',
  'did_not_found',
  'did_tombstoned',
  'did_unresolved',
  'did_document_invalid',
] as const satisfies readonly IdentityErrorCode[])('%s says what the person who typed can do', (code) => {
  expect(new IdentityError(code).action).toMatch(/^(?:type|check|try|ask|sign in)\b/)
})

test.each([
  [{ access_token: 'secret' }, 'an object'],
  [['secret', 'secret'], 'an array of 2'],
  [null, 'null'],
  [() => 'secret', 'function'],
  [Symbol('secret'), 'symbol'],
  [12n, '12n'],
  [false, 'false'],
])('shows the kind of %o and never what is in it', (found, shown) => {
  const { message } = new NetworkError('timeout', { found })
  expect(message).toContain(`found ${shown}`)
  expect(message).not.toContain('secret')
})

test('keeps the cause, and has none where there was none', () => {
  const cause = new Error('reset')
  expect(new NetworkError('unreachable', { cause }).cause).toBe(cause)
  expect('cause' in new NetworkError('unreachable')).toBe(false)
})

test('[M5] keeps response, headers and client reachable, and out of JSON, inspection and enumeration', () => {
  const error = xrpcError()
  expect(error.response).toBeInstanceOf(Response)
  expect(error.headers.get('x-secret')).toBe('header-secret')
  expect(error.client).toEqual({ token: 'client-secret' })
  expect(JSON.stringify(error)).not.toContain('secret')
  expect(inspect(error, { depth: 10 })).not.toContain('secret')
  expect(Object.keys(error)).not.toContain('client')
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({
    code: 'error_response',
    status: 400,
    error: 'TooMany',
  })
})

test('a session error names the account and why it ended', () => {
  const error = new SessionError('needs_reauth', { ...account, reason: 'revoked' })
  expect(error).toMatchObject({ ...account, reason: 'revoked' })
})

test('an authorization error carries the OAuth error and the state of the app', () => {
  const error = new AuthorizationError('access_denied', { error: 'access_denied', state: 'page-2' })
  expect(error).toMatchObject({ error: 'access_denied', state: 'page-2' })
  expect(new AuthorizationError('access_denied').error).toBeUndefined()
})

test("a mistake in the caller's arguments is a TypeError that says what was expected and what came", () => {
  const error = wrongArgument('limit', 'an integer', 'ten')
  expect(error).toBeInstanceOf(TypeError)
  expect(error).not.toBeInstanceOf(AtproofError)
  expect(error.message).toBe('limit: expected an integer, found "ten"')
  expect(wrongArgument('limit', 'an integer', undefined).message).toBe(
    'limit: expected an integer, found undefined',
  )
})

test.each([Number.NaN, Infinity, -Infinity])('shows %d as what it is, not as null', (found) => {
  expect(wrongArgument('limit', 'an integer', found).message).toBe(`limit: expected an integer, found ${found}`)
})
