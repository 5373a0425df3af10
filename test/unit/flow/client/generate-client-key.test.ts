import { OAuthClient } from 'atproof'
import { createClientAssertion, generateClientKey } from 'atproof/flow'
import { calculateJwkThumbprint, importJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'

test('[C5] makes a key that a client takes and signs with', async () => {
  const key = await generateClientKey({ kid: 'k1' })
  const oauth = new OAuthClient({
    clientId: CLIENT_ID,
    redirectUri: 'https://app.example.com/callback',
    keys: [key],
  })
  const [served] = oauth.jwks.keys
  expect(served).toEqual({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', kid: 'k1', x: key.x, y: key.y })
  const facts = { clientId: CLIENT_ID, audience: 'https://pds.example.com' }
  const { assertion } = await createClientAssertion(key, facts)
  const verified = await jwtVerify(assertion, await importJWK({ ...served }))
  expect(verified.protectedHeader).toEqual({ alg: 'ES256', kid: 'k1' })
})

test('names a key by its thumbprint where nothing else is said, and never makes one twice', async () => {
  const [one, other] = [await generateClientKey(), await generateClientKey()]
  expect(one.kid).toBe(await calculateJwkThumbprint({ ...one }))
  expect(one.kid).not.toBe(other.kid)
})
