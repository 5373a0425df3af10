import { type JWTPayload, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { AuthorizationError } from '../../../../src/errors.ts'
import { readAssertion } from '../../../../src/flow/client/read-assertion.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const ISSUER = 'https://as.example.com'
const JKT = 'J'.repeat(43)
const ASKED = { clientId: CLIENT_ID, audience: ISSUER, dpopJkt: 'the-dpop-key' }
const CLAIMS = { iss: CLIENT_ID, sub: CLIENT_ID, aud: ISSUER, jti: 'jti-ä', iat: 100, exp: 160 }

/** Its signature is the server's to verify: a secret does for a test. */
function sign(claims: object = {}): Promise<string> {
  const protectedHeader = { alg: 'HS256', kid: 'k1' }
  const payload = JSON.parse(JSON.stringify({ ...CLAIMS, ...claims })) as JWTPayload
  return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(new Uint8Array(32))
}

/** The same, said to be signed by ES256. */
async function answer(claims: object = {}, header: object = {}): Promise<Record<string, unknown>> {
  const [, body, signature] = (await sign(claims)).split('.')
  const head = Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'k1', ...header })).toString('base64url')
  return { assertion: `${head}.${body}.${signature}`, kid: 'k1', alg: 'ES256', jkt: JKT }
}

function failureOf(given: unknown): AuthorizationError {
  try {
    readAssertion(given, ASKED)
  } catch (error) {
    if (error instanceof AuthorizationError) return error
    throw error
  }
  throw new Error('it was to fail, and succeeded')
}

test('[L9] [D8] takes an assertion that says what it must', async () => {
  const given = await answer()
  expect(readAssertion(given, ASKED)).toEqual({ ...given, id: 'jti-ä' })
})

test('[L9] [D8] takes one that says more, or names its one audience in a list', async () => {
  for (const claims of [{ aud: [ISSUER] }, { nbf: 99 }, { cnf: { jkt: ASKED.dpopJkt } }, { cnf: {} }]) {
    expect(readAssertion(await answer(claims, { typ: 'JWT' }), ASKED)).toMatchObject({ kid: 'k1' })
  }
})

test.each<[string, object, object, string]>([
  ['another issuer', { iss: 'https://evil.example.com/' }, {}, 'assertion.iss'],
  ['no issuer', { iss: undefined }, {}, 'assertion.iss'],
  ['another subject', { sub: 'https://evil.example.com/' }, {}, 'assertion.sub'],
  ['the token endpoint for its audience', { aud: `${ISSUER}/oauth/token` }, {}, 'assertion.aud'],
  ['two audiences', { aud: [ISSUER, 'https://evil.example.com'] }, {}, 'assertion.aud'],
  ['no audience', { aud: undefined }, {}, 'assertion.aud'],
  ['no id', { jti: undefined }, {}, 'assertion.jti'],
  ['an empty id', { jti: '' }, {}, 'assertion.jti'],
  ['no time', { iat: undefined }, {}, 'assertion.iat'],
  ['no end', { exp: undefined }, {}, 'assertion.exp'],
  ['an end before its time', { exp: 100 }, {}, 'assertion.exp'],
  ['another DPoP key', { cnf: { jkt: 'another' } }, {}, 'assertion.cnf.jkt'],
  ['another algorithm', {}, { alg: 'RS256' }, 'assertion.alg'],
  ['no algorithm', {}, { alg: undefined }, 'assertion.alg'],
  ['another key', {}, { kid: 'k2' }, 'assertion.kid'],
  ['no key', {}, { kid: undefined }, 'assertion.kid'],
])('[L9] [D8] refuses an assertion with %s, and does not show it', async (_, claims, header, field) => {
  const given = await answer(claims, header)
  const error = failureOf(given)
  expect(error).toMatchObject({ code: 'assertion_invalid', field, retryable: false })
  const [head, body, signature] = String(given['assertion']).split('.')
  for (const part of [head, body, signature]) expect(error.message).not.toContain(part)
})

test.each<[string, object | undefined, string]>([
  ['nothing', undefined, 'signAssertion'],
  ['no kid', { kid: undefined }, 'kid'],
  ['an empty kid', { kid: '' }, 'kid'],
  ['no alg', { alg: undefined }, 'alg'],
  ['alg none', { alg: 'none' }, 'alg'],
  ['a shared secret', { alg: 'HS256' }, 'alg'],
  ['no jkt', { jkt: undefined }, 'jkt'],
  ['a jkt that is none', { jkt: 'short' }, 'jkt'],
  ['no assertion', { assertion: undefined }, 'assertion'],
  ['an assertion of two parts', { assertion: 'e30.e30' }, 'assertion'],
  ['an assertion of four parts', { assertion: 'e30.e30.AA.AA' }, 'assertion'],
  ['a header that is no JSON', { assertion: 'AAAA.e30.AA' }, 'assertion'],
  ['claims that are a list', { assertion: 'e30.W10.AA' }, 'assertion'],
  ['padding', { assertion: 'e30=.e30.AA' }, 'assertion'],
])('[L9] refuses an answer with %s', async (_, change, field) => {
  const given = change && { ...(await answer()), ...change }
  expect(failureOf(given)).toMatchObject({ code: 'assertion_invalid', field })
})

test('[L9] shows no JWT that stands where something else should', async () => {
  const jwt = await sign()
  const error = failureOf(await answer({ sub: jwt }))
  expect(error.found).toBe('a JWT')
  expect(error.message).not.toContain(jwt)
})
