import { OAuthClient, type OAuthClientOptions } from 'atproof'
import { expect, test } from 'vitest'

const redirectUri = 'http://127.0.0.1/callback'
/** Plain JavaScript passes what TypeScript would not. */
const build = (options: unknown) => () => new OAuthClient(options as OAuthClientOptions)

test.each([
  [undefined, 'options: expected an object, found undefined'],
  [{}, 'redirectUri: expected where the consent page returns to, found undefined'],
  [
    { redirectUri, redirectUris: [redirectUri] },
    'redirectUri: expected either this or `redirectUris`, found "both"',
  ],
  [{ redirectUri: [redirectUri] }, 'redirectUri: expected a string, found an array of 1'],
  [{ redirectUris: redirectUri }, 'redirectUris: expected an array of strings, found a string'],
  [{ redirectUri, scope: [1] }, 'scope: expected a string or an array of strings, found an array of 1'],
  [
    { redirectUri, scope: ['transition:generic'] },
    'scope: expected a list with `atproto` in it, found "transition:generic"',
  ],
  [{ redirectUri, fallbackScope: 'atproto atproto' }, 'fallbackScope: expected each scope once, found "atproto"'],
  [
    { redirectUri, scope: ['atproto', 'transition:generic', 'repo:*'] },
    'scope: expected either transition scopes or those of single resources, found "atproto transition:generic repo:*"',
  ],
  [
    { redirectUri, keys: {} },
    'keys: expected an array of JWKs (JSON.parse it, where it comes as text), found an object',
  ],
  [
    { redirectUri, keys: '[]' },
    'keys: expected an array of JWKs (JSON.parse it, where it comes as text), found a string',
  ],
  [{ redirectUri, sealKeys: 'one' }, 'sealKeys: expected an array of strings, even for one, found a string'],
  [{ redirectUri, allowLoopback: true }, 'allowLoopback: expected an array of strings, found true'],
  [
    { redirectUri, storage: new Map() },
    'storage: expected an object with get, put, delete, list, found an object',
  ],
  [{ redirectUri, fetch: 'x' }, 'fetch: expected a function, found a string'],
  [{ redirectUri, onEvent: {} }, 'onEvent: expected a function, found an object'],
  [{ redirectUri, clock: {} }, 'clock: expected an object with now, monotonic, sleep, found an object'],
])('[C12] refuses options that cannot work: %j', (options, message) => {
  expect(build(options)).toThrow(new TypeError(message))
})

test('[C12] refuses an option that it does not know, and names those that it knows', () => {
  expect(build({ redirectURI: redirectUri })).toThrow(
    /^options: expected only clientId, redirectUri, .*"redirectURI"$/,
  )
})

test('takes an option that is undefined for one that is left out', () => {
  expect(build({ redirectUri, clientId: undefined, keys: undefined, storage: undefined })).not.toThrow()
})

test.each([null, undefined, 7])(
  'names what it was given instead of an identifier or a session: %j',
  async (found) => {
    const oauth = new OAuthClient({ redirectUri })
    const given = found as unknown as string
    await expect(oauth.authorize(given)).rejects.toThrow(/^identifier: expected a handle, a DID, or/)
    await expect(oauth.restore(given)).rejects.toThrow(/^sessionId: expected/)
    await expect(oauth.revoke(given)).rejects.toThrow(/^sessionId: expected/)
  },
)
