import { fakeNetwork } from 'atproof/testing'
import { expect, test } from 'vitest'
import { fetchDidDocument } from '../../../src/discovery/did-document.ts'
import { createTransport } from '../../../src/http/create-transport.ts'
import type { Did } from '../../../src/syntax/did.ts'

const PORT = 'http://127.0.0.1:2583'

test.each<[Did, string]>([
  ['did:web:127.0.0.1%3A2583', 'a port on another name of this machine, though its origin is allowed'],
  ['did:web:LOCALHOST%3A2583', 'localhost in another case'],
  ['did:web:localhost%3A', 'no port'],
  ['did:web:localhost%3A258300', 'no such port'],
  ['did:web:example.com%3A443', 'a port elsewhere'],
  ['did:web:example.com%2Fpath', 'a path that is hidden'],
  ['did:web:user%40example.com', 'credentials that are hidden'],
  ['did:key:z6Mk', 'another method'],
])('[A13] asks nobody about %s: %s', async (did) => {
  const network = fakeNetwork()
  const { fetch, clock } = network
  const transport = createTransport({ fetch, clock, allowLoopback: [PORT, 'http://localhost:2583'] })
  network.host(PORT, () => Response.json({ id: did }))
  await expect(
    fetchDidDocument({ transport, plcDirectory: 'https://plc.directory' }, did, {}),
  ).rejects.toMatchObject({
    code: 'did_unsupported',
    field: 'did',
    found: did,
  })
  expect(network.log).toHaveLength(0)
})
