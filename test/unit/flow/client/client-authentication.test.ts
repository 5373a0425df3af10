import { expect, test } from 'vitest'
import { type ClientAuth, isClientAuth } from '../../../../src/flow/client/client-auth.ts'
import { openLater, publicClient } from '../../../../src/flow/client/client-authentication.ts'

const CLIENT_ID = 'https://app.example.com/client-metadata.json'
const FACTS = { audience: 'https://as.example.com', dpopJkt: 'jkt', id: 'jti-1', now: 1_700_000_000_500 }
const none: ClientAuth = { method: 'none', clientId: CLIENT_ID }
const pinned: ClientAuth = { method: 'private_key_jwt', clientId: CLIENT_ID, kid: 'k1', alg: 'ES256', jkt: 'x' }

test('[C4] a public client shows nothing but its client id', async () => {
  const client = publicClient(CLIENT_ID)
  expect(await client.choose({ ...FACTS, algorithms: ['ES256'] })).toEqual(none)
  expect(await client.parametersFor(none, FACTS)).toEqual({ client_id: CLIENT_ID })
})

test('[H3] a public client cannot act for a session of a confidential one, and says which key that has', async () => {
  const client = publicClient(CLIENT_ID)
  expect(await client.findLack(none)).toBeUndefined()
  expect(await client.findLack(none)).toBeUndefined()
  expect(await client.findLack(pinned)).toBeDefined()
  expect(await client.findLack(pinned)).toMatchObject({
    field: 'keys',
    expected: 'the ES256 key k1 with the thumbprint x',
    action: 'add the key k1 back to `keys`',
  })
})

test('[H3] a public session goes on under the client id that it was made with', async () => {
  const open = { method: 'none', clientId: 'http://localhost?scope=atproto' } as const
  expect(await publicClient(CLIENT_ID).parametersFor(open, FACTS)).toEqual({ client_id: open.clientId })
})

test('tells what a session can be pinned to, by an algorithm that is not known here too', () => {
  for (const auth of [none, pinned, { ...pinned, alg: 'ES256K' }, { ...none, more: 1 }]) {
    expect(isClientAuth(auth)).toBe(true)
  }
})

test.each([
  {},
  null,
  { method: 'client_secret_basic', clientId: CLIENT_ID },
  { method: 'none' },
  { method: 'private_key_jwt' },
  { ...pinned, kid: 1 },
  { ...pinned, jkt: undefined },
  { ...pinned, alg: undefined },
  { ...pinned, clientId: undefined },
])('%o is nothing that a session can be pinned to', (value) => {
  expect(isClientAuth(value)).toBe(false)
})

test('a way that is loaded later is loaded once, and again where it could not be', async () => {
  let times = 0
  const later = openLater(async () => {
    if (++times === 1) throw new Error('the chunk did not come')
    return publicClient(CLIENT_ID)
  })
  await expect(later.findLack(none)).rejects.toThrow('the chunk did not come')
  expect(await later.findLack(none)).toBeUndefined()
  expect(await later.findLack(pinned)).toMatchObject({ field: 'keys' })
  expect(await later.choose({ ...FACTS, algorithms: [] })).toEqual(none)
  expect(await later.parametersFor(none, FACTS)).toEqual({ client_id: CLIENT_ID })
  expect(times).toBe(2)
})
