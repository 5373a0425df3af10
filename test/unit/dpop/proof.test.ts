import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { DpopKey } from '../../../src/dpop/key.ts'
import { createProof, type ProofFacts } from '../../../src/dpop/proof.ts'
import { DpopSigner } from '../../../src/dpop/signer.ts'
import { randomText, systemRandom } from '../../../src/http/random.ts'
import { testClock } from 'atproof/testing'

const PDS = 'https://pds.example.com'
const facts: ProofFacts = {
  method: 'POST',
  url: `${PDS}/xrpc/com.example.doIt?a=b#c`,
  issuedAt: 1_700_000_000_999,
  id: 'the-jti',
}

/** No randomness at all. */
const sevens = (length: number) => new Uint8Array(length).fill(7)

/** What a server reads from a proof: verified by jose with the key that it carries. */
async function verify(proof: string) {
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256'],
  })
  return { header: protectedHeader, claims: payload }
}

async function aliceSigner() {
  const clock = testClock({ start: 1_700_000_000_000 })
  const key = await DpopKey.generate({ extractable: false })
  return { clock, key, signer: new DpopSigner(key, { clock, random: systemRandom }) }
}

test('[D9] a proof has exactly the header and the claims that the RFC asks for', async () => {
  const key = await DpopKey.generate({ extractable: true })
  const { header, claims } = await verify(await createProof(key, facts))
  expect(header).toEqual({ typ: 'dpop+jwt', alg: 'ES256', jwk: key.publicJwk })
  expect(claims).toEqual({
    jti: 'the-jti',
    htm: 'POST',
    htu: `${PDS}/xrpc/com.example.doIt`,
    iat: 1_700_000_000,
  })
})

test('[D9] a proof shows the public half of its key only', async () => {
  const key = await DpopKey.generate({ extractable: true })
  const { header } = await verify(await createProof(key, facts))
  expect(Object.keys(header.jwk ?? {}).toSorted()).toEqual(['crv', 'kty', 'x', 'y'])
  expect(header.jwk).not.toHaveProperty('d')
})

test('[D9] a proof that was changed, or is of another key, is not one', async () => {
  const key = await DpopKey.generate({ extractable: true })
  const other = await DpopKey.generate({ extractable: true })
  const [header, , signature] = (await createProof(key, facts)).split('.')
  const [otherHeader, claims] = (await createProof(other, { ...facts, method: 'GET' })).split('.')
  await expect(verify(`${header}.${claims}.${signature}`)).rejects.toThrow('signature')
  await expect(verify(`${otherHeader}.${claims}.${signature}`)).rejects.toThrow('signature')
})

test('[D9] carries a nonce where one is given', async () => {
  const key = await DpopKey.generate({ extractable: false })
  expect((await verify(await createProof(key, { ...facts, nonce: 'n1' }))).claims['nonce']).toBe('n1')
  expect((await verify(await createProof(key, facts))).claims).not.toHaveProperty('nonce')
})

test('[G1] carries the hash of the access token where one goes along', async () => {
  const key = await DpopKey.generate({ extractable: false })
  const { claims } = await verify(await createProof(key, { ...facts, accessToken: 'access-token.x~y' }))
  expect(claims['ath']).toBe(createHash('sha256').update('access-token.x~y', 'ascii').digest('base64url'))
})

test('[D9] carries no hash where no token goes along, as at an authorization server', async () => {
  const key = await DpopKey.generate({ extractable: false })
  expect((await verify(await createProof(key, facts))).claims).not.toHaveProperty('ath')
})

test.each([
  ['https://pds.example.com', 'https://pds.example.com/'],
  ['https://pds.example.com/?a=b', 'https://pds.example.com/'],
  ['https://PDS.example.com:443/xrpc/a.b.c#d', 'https://pds.example.com/xrpc/a.b.c'],
  ['https://pds.example.com:8443/xrpc/a.b.c?d', 'https://pds.example.com:8443/xrpc/a.b.c'],
  ['http://localhost:2583/a/../b%20c', 'http://localhost:2583/b%20c'],
])('[D9] the htu of %s is %s', async (url, htu) => {
  const key = await DpopKey.generate({ extractable: false })
  expect((await verify(await createProof(key, { ...facts, url }))).claims['htu']).toBe(htu)
})

test('[D9] signs text outside ASCII as UTF-8', async () => {
  const key = await DpopKey.generate({ extractable: false })
  expect((await verify(await createProof(key, { ...facts, id: 'jé💩' }))).claims.jti).toBe('jé💩')
})

test('[D9] no two proofs of a signer have the same jti', async () => {
  const { signer } = await aliceSigner()
  const signing = Array.from({ length: 50 }, () => signer.proof({ method: 'GET', url: PDS }))
  const proofs = await Promise.all((await Promise.all(signing)).map(verify))
  expect(new Set(proofs.map(({ claims }) => claims.jti)).size).toBe(50)
  expect(proofs.every(({ claims }) => /^[\w-]{43}$/.test(claims.jti ?? ''))).toBe(true)
})

test('[D9] the jti comes from the randomness that is given', async () => {
  const key = await DpopKey.generate({ extractable: false })
  const signer = new DpopSigner(key, { clock: testClock(), random: sevens })
  expect((await verify(await signer.proof({ method: 'GET', url: PDS }))).claims.jti).toBe(randomText(sevens))
})

test('[D4] the proofs of a signer are all of its key', async () => {
  const { key, signer } = await aliceSigner()
  const thumbprint = await calculateJwkThumbprint(key.publicJwk)
  for (const url of [PDS, 'https://as.example.com/oauth/token']) {
    const { header } = await verify(await signer.proof({ method: 'POST', url }))
    expect(await calculateJwkThumbprint(header.jwk ?? {})).toBe(thumbprint)
  }
})

test('[G2] a signer takes the nonce of the origin that it signs for, and of no other', async () => {
  const { signer } = await aliceSigner()
  signer.nonces.keep(PDS, 'nonce-of-pds')
  const own = await verify(await signer.proof({ method: 'GET', url: `${PDS}/xrpc/a.b.c` }))
  const other = await verify(await signer.proof({ method: 'POST', url: 'https://as.example.com/oauth/token' }))
  expect(own.claims['nonce']).toBe('nonce-of-pds')
  expect(other.claims).not.toHaveProperty('nonce')
})

test('[G8] a signer dates by the clock of the origin that it signs for', async () => {
  const { clock, signer } = await aliceSigner()
  signer.clocks.keep(PDS, 120_000)
  const own = await verify(await signer.proof({ method: 'GET', url: PDS }))
  const other = await verify(await signer.proof({ method: 'GET', url: 'https://as.example.com' }))
  expect(own.claims.iat).toBe(1_700_000_120)
  expect(other.claims.iat).toBe(1_700_000_000)
  await clock.advance(5000)
  expect((await verify(await signer.proof({ method: 'GET', url: PDS }))).claims.iat).toBe(1_700_000_125)
})

test('[G1] a signer binds the proof to the token that goes along', async () => {
  const { signer } = await aliceSigner()
  const { claims } = await verify(await signer.proof({ method: 'GET', url: PDS, accessToken: 'token' }))
  expect(claims['ath']).toBe(createHash('sha256').update('token').digest('base64url'))
})
