import { inspect } from 'node:util'
import { type ClientMetadata, OAuthClient } from 'atproof'
import { createClientAssertion, createClientMetadata, generateClientKey } from 'atproof/flow'
import { expect, test } from 'vitest'
import { type OptionRule, TEXT, TEXT_OR_TEXTS } from '../../../src/flow/assert-options.ts'
import { CLIENT_OPTIONS } from '../../../src/flow/client/client-option-rules.ts'
import { authenticationOf } from '../../../src/flow/steps/client-credentials.ts'
import { systemClock } from '../../../src/http/clock.ts'
import { CLIENT_RULES, LOADING_RULES } from '../../../src/oauth-client-options.ts'
import { CLIENT_ID, privateKey, REDIRECT_URI, SCOPE } from './scene.ts'

const jwk = await privateKey('k1')
const d = jwk.d ?? ''
// The secret comes first, so that no cut in a long text takes it away.
const json = JSON.stringify({ d, ...jwk })

/** A secret in every shape in which plain JavaScript passes one to the wrong place. */
const SHAPES: readonly unknown[] = [
  // As text, alone and among others.
  d,
  json,
  `-----BEGIN PRIVATE KEY-----\n${d}`,
  [d],
  [json],
  [[d]],
  [json, 7],
  // As an object, by its own name too.
  { d },
  { [d]: d },
  { d: { d } },
  { keys: d },
  { keys: json },
  { keys: [d] },
  { keys: [[json]] },
  { keys: { d } },
  { keys: [] },
  { keys: [jwk] },
  // As a key, right or nearly so.
  jwk,
  [jwk],
  [jwk, jwk],
  ...[
    { kid: undefined },
    { kid: 7 },
    { y: json },
    { kty: 'RSA' },
    { kty: 'oct' },
    { crv: 'P-384' },
    { d: `${d}=` },
    { d: d.slice(1) },
  ].map((change) => [Object.assign(structuredClone(jwk), change)]),
  ...['kty', 'crv', 'alg', 'use', 'key_ops', 'nbf', 'exp', 'x', 'y', 'n'].flatMap((member) =>
    [d, json, [d], { d }].map((value) => [{ ...jwk, [member]: value }]),
  ),
  // As what only code makes.
  new Map([[d, d]]),
  new Set([d]),
  new URL(`https://${d}@example.com/${d}`),
  new Error(d),
  Symbol(d),
  () => d,
  Buffer.from(d),
  BigInt(`0x${Buffer.from(d, 'base64url').toString('hex')}`),
  Object(d),
  Promise.resolve(d),
  null,
  7,
  true,
]

/** These are for secrets, or close to one that is: whatever they hold is not shown. */
const SECRETIVE = new Set(['keys', 'sealKeys', 'jwks', 'signAssertion', 'grantTypes', 'applicationType'])

/** Each option in each shape that it must not have. A text in the place of a text is shown: that is how it is mended. */
function wrong(rules: Readonly<Record<string, OptionRule>>): readonly (readonly [name: string, value: unknown])[] {
  return Object.entries(rules).flatMap(([name, [, isRight]]) =>
    SHAPES.filter((shape) => SECRETIVE.has(name) || !isRight(shape)).map((shape) => [name, shape] as const),
  )
}

/** The members of a client's metadata that are texts, or lists of them. */
const TEXT_MEMBER = /^(?:client_|logo_|tos_|policy_|jwks_uri|redirect_|scope)/

/** What comes of a call. Nobody is asked for anything: there is no network. */
async function failureOf(attempt: () => unknown): Promise<unknown> {
  const [outcome] = await Promise.allSettled([Promise.resolve().then(attempt)])
  return outcome.status === 'rejected' ? outcome.reason : undefined
}

async function expectSilence(attempts: readonly (() => unknown)[]): Promise<void> {
  let failures = 0
  for (const attempt of attempts) {
    const error = await failureOf(attempt)
    if (error === undefined) continue
    failures++
    const views = [String(error), inspect(error, { depth: 9, showHidden: true }), JSON.stringify(error)].join()
    for (const secret of [d, d.slice(1, 20)]) expect(views).not.toContain(secret)
    // One of ours, not one of the engine's, which quotes what it cannot use.
    if (error instanceof TypeError) expect(error.message).toMatch(/^(?:clientMetadata: |[\w.[\]]+: )expected /)
  }
  // Most of them fail: else there would be nothing to look at.
  expect(failures).toBeGreaterThan(attempts.length / 2)
}

const BASE = { clientId: CLIENT_ID, redirectUri: REDIRECT_URI, scope: SCOPE }
const fetch = () => Promise.reject(new TypeError('offline'))

test('[C12] the constructor shows no secret that stands in the wrong place', async () => {
  const { redirectUri: _, ...several } = { ...BASE, redirectUris: [REDIRECT_URI] }
  await expectSilence([
    ...SHAPES.map((shape) => () => new OAuthClient(shape as typeof BASE)),
    ...SHAPES.map((shape) => () => new OAuthClient({ ...BASE, ...(shape as object) })),
    ...wrong(CLIENT_RULES).map(([name, value]) => () => {
      const base = name === 'redirectUris' ? several : BASE
      return new OAuthClient({ ...base, [name]: value })
    }),
    ...SHAPES.map(
      (shape) => () => new OAuthClient({ ...BASE, signAssertion: () => Promise.reject(), jwks: shape } as never),
    ),
  ])
})

test('[C12] given metadata shows no secret that stands in it', async () => {
  const right: ClientMetadata = new OAuthClient(BASE).clientMetadata
  const members = [...Object.keys(right), 'client_name', 'jwks', 'jwks_uri', 'client_secret', d]
  await expectSilence(
    members.flatMap((member) =>
      SHAPES.filter((shape) => !TEXT_MEMBER.test(member) || !TEXT_OR_TEXTS[1](shape)).map(
        (shape) => () => new OAuthClient({ clientMetadata: { ...right, [member]: shape } }),
      ),
    ),
  )
})

test('[C12] load shows no secret that stands in the wrong place', async () => {
  await expectSilence([
    ...SHAPES.filter((shape) => typeof shape !== 'string').map(
      (shape) => () => OAuthClient.load(shape as string, { fetch }),
    ),
    ...SHAPES.map((shape) => () => OAuthClient.load(CLIENT_ID, shape as { fetch: typeof fetch })),
    ...wrong({ ...LOADING_RULES, ...CLIENT_OPTIONS }).map(
      ([name, value]) =>
        () =>
          OAuthClient.load(CLIENT_ID, { fetch, [name]: value }),
    ),
  ])
})

test('[C12] createClientMetadata shows no secret that stands in the wrong place', async () => {
  const facts = { clientId: CLIENT_ID, redirectUris: [REDIRECT_URI], scope: SCOPE }
  const { redirectUri: _, signAssertion: __, jwks: ___, clientMetadata: ____, ...rules } = CLIENT_OPTIONS
  await expectSilence([
    ...SHAPES.map((shape) => () => createClientMetadata(shape as typeof facts)),
    ...wrong(rules).map(
      ([name, value]) =>
        () =>
          createClientMetadata({ ...facts, [name]: value }),
    ),
    ...wrong(rules).map(
      ([name, value]) =>
        () =>
          createClientMetadata({ redirectUris: ['http://127.0.0.1/'], scope: SCOPE, [name]: value }),
    ),
  ])
})

test('[C12] an assertion, a new key and credentials show no secret that stands in the wrong place', async () => {
  const options = { clientId: CLIENT_ID, audience: 'https://as.example.com' }
  await expectSilence([
    ...SHAPES.filter((shape) => shape !== jwk).map(
      (shape) => () => createClientAssertion(shape as object, options),
    ),
    ...SHAPES.map((shape) => () => createClientAssertion(jwk, shape as typeof options)),
    ...['clientId', 'audience', 'dpopJkt', 'id', 'now'].flatMap((name) =>
      SHAPES.filter((shape) => !TEXT[1](shape) && shape !== 7).map(
        (shape) => () => createClientAssertion(jwk, { ...options, [name]: shape }),
      ),
    ),
    ...SHAPES.map((shape) => () => generateClientKey(shape as { kid: string })),
    ...SHAPES.filter((shape) => !TEXT[1](shape)).map((shape) => () => generateClientKey({ kid: shape as string })),
    ...SHAPES.map((shape) => () => authenticationOf({ ...options, keys: shape as [] }, systemClock)),
  ])
})
