import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterEach, expect, test, vi } from 'vitest'
import { DpopKey } from '../../../src/dpop/key.ts'
import { DpopSigner } from '../../../src/dpop/signer.ts'
import { systemClock } from '../../../src/http/clock.ts'
import { systemRandom } from '../../../src/http/random.ts'

const REQUEST = { method: 'GET', url: 'https://pds.example.com/xrpc/a.b.c' }

async function newSigner(): Promise<DpopSigner> {
  const key = await DpopKey.generate({ extractable: false })
  return new DpopSigner(key, { clock: systemClock, random: systemRandom })
}

function hashOf(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest('base64url')
}

afterEach(() => vi.restoreAllMocks())

test('[G1] each proof names the token that it goes with, however many are signed at once', async () => {
  const signer = await newSigner()
  // Ten of the first, then of both in turns.
  const tokens = Array.from({ length: 30 }, (_, at) => `token-${at < 10 ? 0 : at % 2}`)
  const proofs = await Promise.all(tokens.map((accessToken) => signer.proof({ ...REQUEST, accessToken })))
  expect(proofs.map((proof) => decodeJwt(proof)['ath'])).toEqual(tokens.map(hashOf))
})

test('[G1] the token after the last one is hashed, too', async () => {
  const signer = await newSigner()
  for (const accessToken of ['old', 'old', 'new', 'old']) {
    expect(decodeJwt(await signer.proof({ ...REQUEST, accessToken }))['ath']).toBe(hashOf(accessToken))
  }
  expect(decodeJwt(await signer.proof(REQUEST))).not.toHaveProperty('ath')
})

test('hashes a token once for all the requests that carry it', async () => {
  const signer = await newSigner()
  const digest = vi.spyOn(crypto.subtle, 'digest')
  for (let round = 0; round < 5; round += 1) await signer.proof({ ...REQUEST, accessToken: 'token' })
  expect(digest).toHaveBeenCalledOnce()
})
