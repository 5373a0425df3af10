import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { expect, test } from 'vitest'
import { DpopKey } from '../../../src/dpop/key.ts'
import { calculateThumbprint } from '../../../src/dpop/thumbprint.ts'

test('is the one of RFC 7638 §3.1', async () => {
  const n =
    '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs' +
    'tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n9' +
    '1CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw'
  const jwk = { kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' }
  expect(await calculateThumbprint(jwk)).toBe('NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs')
})

test.each(['ES256', 'ES384', 'EdDSA', 'RS256'])('is the one that jose calculates for %s', async (alg) => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(privateKey)
  expect(await calculateThumbprint({ kid: 'k1', use: 'sig', ...jwk })).toBe(await calculateJwkThumbprint(jwk))
})

test('names a DPoP key, the same one as long as it lives', async () => {
  const key = await DpopKey.generate({ extractable: true })
  const jkt = await calculateJwkThumbprint(key.publicJwk)
  expect(await key.thumbprint()).toBe(jkt)
  expect(await (await DpopKey.fromStored(await key.toStored())).thumbprint()).toBe(jkt)
  expect(await (await DpopKey.generate({ extractable: true })).thumbprint()).not.toBe(jkt)
})
