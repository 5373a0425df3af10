import { calculateJwkThumbprint, decodeJwt, importJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { createClientAssertion } from '../../../../src/flow/client/client-assertion.ts'
import { newJwk } from './client-key.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const ISSUER = 'https://as.example.com'
const BASE = { clientId: CLIENT_ID, audience: ISSUER }

test('[D8] a backend signs an assertion, and says which key signed it', async () => {
  const jwk = await newJwk('k1', 'ES384')
  const now = 1_700_000_000_000
  const { assertion, kid, alg, jkt } = await createClientAssertion(jwk, { ...BASE, id: 'jti-1', now })
  expect({ kid, alg, jkt }).toEqual({ kid: 'k1', alg: 'ES384', jkt: await calculateJwkThumbprint(jwk) })
  const { d: _, ...half } = jwk
  const { payload, protectedHeader } = await jwtVerify(assertion, await importJWK(half, 'ES384'), {
    currentDate: new Date(now),
  })
  expect(protectedHeader).toEqual({ alg: 'ES384', kid: 'k1' })
  const [iat, exp] = [now / 1000 - 10, now / 1000 + 50]
  expect(payload).toEqual({ iss: CLIENT_ID, sub: CLIENT_ID, aud: ISSUER, jti: 'jti-1', iat, exp })
})

test('[D8] each has an id of its own and the time of the machine, where nothing else is said', async () => {
  const jwk = await newJwk('k1')
  const [one, two] = await Promise.all([createClientAssertion(jwk, BASE), createClientAssertion(jwk, BASE)])
  const claims = [one, two].map(({ assertion }) => decodeJwt(assertion))
  expect(claims[0]?.jti).toMatch(/^[\w-]{43}$/)
  expect(claims[0]?.jti).not.toBe(claims[1]?.jti)
  expect(Math.abs((claims[0]?.iat ?? 0) + 10 - Date.now() / 1000)).toBeLessThan(60)
})

test('[L9] is bound to a DPoP key where one is named, and only there', async () => {
  const jwk = await newJwk('k1')
  const { assertion } = await createClientAssertion(jwk, { ...BASE, dpopJkt: 'thumbprint' })
  expect(decodeJwt(assertion)['cnf']).toEqual({ jkt: 'thumbprint' })
  expect(decodeJwt((await createClientAssertion(jwk, BASE)).assertion)).not.toHaveProperty('cnf')
})

test('[C12] refuses a key that is none, and does not show it', async () => {
  const jwk = await newJwk('k1')
  const attempt = createClientAssertion({ ...jwk, y: undefined }, BASE)
  await expect(attempt).rejects.toThrow(new TypeError('key.y: expected 32 bytes as base64url, found "nothing"'))
})
