import { inspect } from 'node:util'
import { memoryStorage } from 'atproof'
import { expect, test } from 'vitest'
import { failureOf, keysIn, onlyEntry, privateKey } from '../scene.ts'
import { foreignAlice } from './foreign.ts'
import { jsonStorage } from '../sign-in/processes.ts'

/** What may be broken, where a session is made of it, and how it looks when it is whole. */
async function wholeSessions() {
  const scene = await foreignAlice()
  const home = scene.deploy(jsonStorage(memoryStorage({ clock: scene.clock })))
  const { url, context } = await home.authorize(scene.alice.did)
  const { client } = await home.callback(scene.alice.approve(url), { context })
  const exported = await home.exportSession(client.session.sessionId)
  const storage = memoryStorage({ clock: scene.clock })
  const whole = { exported, atproto: scene.atproto, atcute: scene.atcute }
  return { scene, storage, oauth: scene.deploy(storage), whole: JSON.parse(JSON.stringify(whole)) }
}

/** Every path to a value in plain JSON. */
function pathsIn(value: unknown, path: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [[...path]]
  const inner = Object.entries(value).flatMap(([name, part]) => pathsIn(part, [...path, name]))
  return path.length === 0 ? inner : [[...path], ...inner]
}

/** A copy with another value at a path; undefined takes it away. */
function broken(whole: unknown, [name, ...rest]: readonly string[], value: unknown): unknown {
  if (name === undefined) return value
  const copy: Record<string, unknown> = { ...Object(whole) }
  copy[name] = broken(copy[name], rest, value)
  if (copy[name] === undefined) delete copy[name]
  return copy
}

/** Every text of a session that nobody else may read. */
function secretsOf(whole: unknown): string[] {
  return pathsIn(whole)
    .filter((path) => /^(?:d|accessToken|refreshToken|access_token|refresh_token)$/.test(path.at(-1) ?? ''))
    .map((path) => path.reduce<unknown>((part, name) => Object(part)[name], whole))
    .filter((value) => typeof value === 'string')
}

test('takes the three shapes when they are whole, so that what follows can fail', async () => {
  const { oauth, whole } = await wholeSessions()
  for (const name of ['exported', 'atproto', 'atcute']) {
    expect((await oauth.importSession(whole[name])).session.status).toBe('active')
  }
})

test('refuses every broken field with a TypeError or an error of ours, stores nothing, and shows no secret', async () => {
  const { oauth, whole, storage, scene } = await wholeSessions()
  const odd = [undefined, null, 7, -1, Number.NaN, '', 'x', '\u0000\r\n', {}, [], true, 'x'.repeat(20_000)]
  let refused = 0
  for (const name of ['exported', 'atproto', 'atcute']) {
    const secrets = secretsOf(whole[name])
    expect(secrets.length).toBeGreaterThanOrEqual(3)
    for (const path of pathsIn(whole[name])) {
      for (const value of [...odd, ...secrets]) {
        const stored = await keysIn(storage)
        const outcome = await oauth.importSession(broken(whole[name], path, value) as never).then(
          () => undefined,
          (error: unknown) => error,
        )
        const names = await keysIn(storage)
        for (const key of names) {
          const entry = await storage.get(key)
          await storage.delete(key, { ifVersion: entry?.version ?? '' })
        }
        if (outcome === undefined) continue
        refused++
        expect(names, path.join('.')).toEqual(stored)
        const shown = inspect(outcome, { depth: 9, showHidden: true })
        expect(shown, path.join('.')).toMatch(
          /TypeError|AtproofError|(?:Session|Authorization|Identity|Discovery|Network)Error/,
        )
        for (const secret of secrets)
          expect(shown.includes(secret), `${path.join('.')}: ${shown.slice(0, 200)}`).toBe(false)
      }
    }
  }
  expect(refused).toBeGreaterThan(600)
  expect(scene.alice.sessions.every(({ deleted }) => !deleted)).toBe(true)
})

const OBJECT_WANTED = 'data: expected an object (JSON.parse it, where it comes as text)'

test.each([
  ['text', '{"format":"atproof/session"}', `${OBJECT_WANTED}, found a string`],
  ['nothing', undefined, `${OBJECT_WANTED}, found undefined`],
  ['a list', [], `${OBJECT_WANTED}, found an array of 0`],
])('says what was expected where %s came', async (_, data, message) => {
  const { oauth } = await wholeSessions()
  expect((await failureOf(oauth.importSession(data as never))).message).toBe(message)
})

test('names what it takes where it knows no such shape', async () => {
  const { oauth } = await wholeSessions()
  const failure = await failureOf(oauth.importSession({ accessJwt: 'a.b.c', refreshJwt: 'd.e.f' } as never))
  expect(failure).toBeInstanceOf(TypeError)
  expect(failure.message).toBe(
    'data: expected what `exportSession` gave, or a stored session of @atproto/oauth-client-node or ' +
      '@atcute/oauth-node-client, found an object',
  )
})

test.each([
  ['version', 2, 'data.version: expected 1, the version that is known here, found a number'],
  ['pds', 'http://pds.example.com', 'data.pds: expected the https origin of a server, found a string'],
  [
    'tokenEndpoint',
    'https://user@pds.example.com/',
    'data.tokenEndpoint: expected the https URL of an endpoint, found a string',
  ],
  ['tokens', { accessToken: 'one\r\ntwo' }, 'data.tokens.accessToken: expected a token, found a string'],
  ['did', 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb', 'data.did: expected the DID of the session, found a string'],
])('says of an exported session that its %s is wrong', async (field, value, message) => {
  const { oauth, whole } = await wholeSessions()
  expect((await failureOf(oauth.importSession({ ...whole.exported, [field]: value }))).message).toBe(message)
})

test('refuses a private key that is not the one of the public half, and a date that is none', async () => {
  const { oauth, whole } = await wholeSessions()
  const { d } = await privateKey('k1')
  const dpopKey = { ...whole.exported.dpopKey, d }
  expect((await failureOf(oauth.importSession({ ...whole.exported, dpopKey }))).message).toMatch(
    /private P-256 key/,
  )
  const tokenSet = { ...whole.atproto.tokenSet, expires_at: 'soon' }
  expect((await failureOf(oauth.importSession({ ...whole.atproto, tokenSet }))).message).toBe(
    'data.tokenSet.expires_at: expected an ISO date, or nothing, found a string',
  )
})

test.each([
  ['reason', ['revoked'], 'data.reason: expected a word, or nothing, found an array of 1'],
  [
    'attempt',
    { id: 'x'.repeat(300), before: null, dead: true },
    'data.attempt: expected an attempt of which nothing is on its way, or null, found an object',
  ],
  [
    'clientAuth',
    {
      method: 'private_key_jwt',
      clientId: 'https://app.example.com/',
      kid: 'x'.repeat(300),
      alg: 'ES256',
      jkt: 'x',
    },
    'data.clientAuth: expected how its client shows who it is, found an object',
  ],
  ['tokens', { accessToken: 'one two' }, 'data.tokens.accessToken: expected a token, found a string'],
  [
    'tokens',
    { accessToken: 'one', refreshToken: 'two', lifetimeMs: 'long' },
    'data.tokens.lifetimeMs: expected a time in ms, or nothing, found a string',
  ],
])('says of an exported session that its %s is none that we could read again', async (field, value, message) => {
  const { oauth, whole, storage } = await wholeSessions()
  const data = { ...whole.exported, status: 'needs_reauth', [field]: value }
  expect((await failureOf(oauth.importSession(data))).message).toBe(message)
  expect(await keysIn(storage)).toEqual([])
})

test.each(['', 'short', '\u0000\n', '\ud800', 'x'.repeat(129), 'a/../../../../../../b'])(
  'refuses an id that we never make, since it becomes a part of a storage key: %j behind the DID',
  async (tail) => {
    const { oauth, whole, storage } = await wholeSessions()
    const data = { ...whole.exported, sessionId: `${whole.exported.did}/${tail}` }
    expect((await failureOf(oauth.importSession(data))).message).toBe(
      'data.sessionId: expected the id of a session, found a string',
    )
    expect(await keysIn(storage)).toEqual([])
  },
)

test('takes along nothing that is no part of a session', async () => {
  const { oauth, whole, storage } = await wholeSessions()
  const { exported } = whole
  const more = 'of another kind'
  const attempt = { id: 'x', before: null, dead: true, more }
  const tokens = { ...exported.tokens, more }
  await oauth.importSession({ ...exported, more, attempt, tokens, clientAuth: { ...exported.clientAuth, more } })
  const { value } = await onlyEntry(storage, 'session/')
  expect(value).toMatchObject({ attempt: { id: 'x' }, clientAuth: exported.clientAuth })
  expect(JSON.stringify(value)).not.toContain('more')
})

test.each([
  ['atproto', 'dpopJwk'],
  ['atcute', 'dpopKey'],
])('names the member of %s that has the key: %s', async (library, member) => {
  const { oauth, whole } = await wholeSessions()
  expect((await failureOf(oauth.importSession({ ...whole[library], [member]: {} }))).message).toBe(
    `data.${member}: expected a private key for ES256 or ES256K, as a JWK, found an object`,
  )
})

test.each([
  ['null', 'options: expected an object, found null'],
  ['{"signal":7}', 'signal: expected an AbortSignal, found a number'],
])('refuses options that are none: %s', async (options, message) => {
  const { oauth, whole, storage } = await wholeSessions()
  const failure = await failureOf(oauth.importSession(whole.exported, JSON.parse(options)))
  expect(failure).toBeInstanceOf(TypeError)
  expect(failure.message).toBe(message)
  expect(await keysIn(storage)).toEqual([])
})
