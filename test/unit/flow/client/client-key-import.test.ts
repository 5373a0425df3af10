import { expect, test, vi } from 'vitest'
import type { AuthorizationError } from '../../../../src/errors.ts'
import { clientWithKeys } from '../../../../src/flow/client/client-with-keys.ts'
import { newClientKey } from './client-key.ts'

const CHOICE = { audience: 'https://as.example.com', dpopJkt: 'jkt', algorithms: ['ES256'] }

test('a chunk that the network fails is no verdict on the key, which is imported once the chunk is there', async () => {
  const client = clientWithKeys('https://app.example.com/client.json', [await newClientKey('k1')], {
    clock: { now: () => 0 },
    signingAlgorithm: 'ES256',
  })
  vi.doMock('jose', () => {
    throw new TypeError('Failed to fetch dynamically imported module')
  })
  const [outcome] = await Promise.allSettled([client.choose(CHOICE)])
  expect(outcome.status).toBe('rejected')
  const { code } = (outcome as PromiseRejectedResult).reason as AuthorizationError
  expect(code).not.toBe('client_key_unusable')
  vi.doUnmock('jose')
  expect(await client.choose(CHOICE)).toMatchObject({ kid: 'k1', alg: 'ES256' })
})
