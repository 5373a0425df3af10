import { expect, test } from 'vitest'
import { testClock } from 'atproof/testing'
import { createClientAssertion } from '../../../../src/flow/client/client-assertion.ts'
import type { ClientAuthentication } from '../../../../src/flow/client/client-authentication.ts'
import { clientWithSigner, type SignAssertion } from '../../../../src/flow/client/client-with-signer.ts'
import { encodeText } from '../../../../src/syntax/base64url.ts'
import { newJwk } from './client-key.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const CHOICE = { audience: 'https://as.example.com', dpopJkt: 'one-key', algorithms: ['ES256'] }
const FACTS = { audience: CHOICE.audience, dpopJkt: CHOICE.dpopJkt, id: 'unused', now: 0 }

/** A client with a signer that counts, and numbers its assertions unless it is told another id. */
function counting(idOf: (n: number) => string = String): { client: ClientAuthentication; asked: () => number } {
  let asked = 0
  const sign: SignAssertion = async ({ clientId: iss, audience: aud }) => {
    const claims = { iss, sub: iss, aud, jti: idOf(++asked), iat: 100, exp: 160 }
    // Its signature is the server's to verify.
    const assertion = `${encodeText('{"alg":"ES256","kid":"k1"}')}.${encodeText(JSON.stringify(claims))}.AA`
    return { assertion, kid: 'k1', alg: 'ES256', jkt: 'J'.repeat(43) }
  }
  return { client: clientWithSigner(CLIENT_ID, sign, { clock: testClock(), keys: undefined }), asked: () => asked }
}

test('[L9] uses the assertion that came with the choice once, and then asks for each sending', async () => {
  const { client, asked } = counting()
  const auth = await client.choose(CHOICE)
  const first = await client.parametersFor(auth, FACTS)
  expect(asked()).toBe(1)
  const second = await client.parametersFor(auth, FACTS)
  expect(asked()).toBe(2)
  expect(second['client_assertion']).not.toBe(first['client_assertion'])
})

test.each([
  ['server', { ...FACTS, audience: 'https://other.example.com' }],
  ['DPoP key', { ...FACTS, dpopJkt: 'another-key' }],
])('[L9] does not use it for another %s', async (_, facts) => {
  const { client, asked } = counting()
  await client.parametersFor(await client.choose(CHOICE), facts)
  expect(asked()).toBe(2)
})

test('[L9] does not use it for another session of the same key', async () => {
  const { client, asked } = counting()
  const auth = await client.choose(CHOICE)
  await client.parametersFor({ ...auth }, FACTS)
  expect(asked()).toBe(2)
})

test('[D8] [L9] remembers the newest thousand assertions, so that the memory does not grow', async () => {
  const ids = [...Array.from({ length: 1001 }, (_, at) => `id-${at}`), 'id-0', 'id-2']
  const { client } = counting((n) => ids[n - 1] ?? '')
  const auth = await client.choose(CHOICE)
  for (let n = 1; n <= 1002; n++) await client.parametersFor(auth, FACTS)
  // The last one had the oldest id again, which was forgotten by then. The next has one that is not.
  await expect(client.parametersFor(auth, FACTS)).rejects.toMatchObject({
    code: 'assertion_invalid',
    field: 'jti',
  })
})

test('[H3] [L9] refuses what the right key signed by another algorithm: a server would end the session', async () => {
  const jwk = { ...(await newJwk('k1', 'RS256')) }
  const sign: SignAssertion = ({ clientId, audience, kid }) =>
    createClientAssertion({ ...jwk, alg: kid === undefined ? 'RS256' : 'PS256' }, { clientId, audience })
  const client = clientWithSigner(CLIENT_ID, sign, { clock: testClock(), keys: undefined })
  const auth = await client.choose({ ...CHOICE, algorithms: ['RS256'] })
  await client.parametersFor(auth, FACTS)
  const refused = client.parametersFor(auth, FACTS)
  await expect(refused).rejects.toMatchObject({ code: 'client_key_missing', field: 'signAssertion' })
})
