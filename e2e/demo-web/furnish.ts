import { signInWithPassword } from 'atproof'
import type { Account } from '../network/commands.ts'
import type { RealNetwork } from '../network/start.ts'

const PASSWORD = 'correct horse battery staple'
const COLLECTION = 'com.example.note'
const NOTES = [
  'Ask the harbour master about the winter berth.',
  'Words that sound like what they are: hush, thrum, brittle.',
]

/** Makes two accounts: alice begins with nothing, and bob has written a little. */
export async function furnish(network: RealNetwork): Promise<readonly Account[]> {
  const { pds, plc } = network
  const alice = await network.createAccount({ handle: 'alice.test', password: PASSWORD })
  const bob = await network.createAccount({ handle: 'bob.test', password: PASSWORD })
  const client = await signInWithPassword(bob.did, PASSWORD, { plcDirectory: plc, allowLoopback: [pds, plc] })
  for (const text of NOTES) {
    const record = { $type: COLLECTION, text, createdAt: new Date().toISOString() }
    const input = { repo: client.did, collection: COLLECTION, record }
    await client.post('com.atproto.repo.createRecord', { input })
  }
  return [alice, bob]
}
