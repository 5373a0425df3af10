import { type RecordCollection, XrpcClient } from 'atproof'
import { fakeNetwork, type FakeNetwork } from 'atproof/testing'

export const COLLECTION = 'com.example.memo'

/** Alice is signed in, and nobody has written a memo yet. Nothing is logged. */
export interface MemoScene {
  readonly network: FakeNetwork
  readonly client: XrpcClient
  readonly memos: RecordCollection<typeof COLLECTION>
  /** A client without a session. */
  readonly nobody: XrpcClient<undefined>
  /** The queries that were sent to a method, in their order. */
  queriesTo(nsid: string): URLSearchParams[]
}

export async function alicesMemos(): Promise<MemoScene> {
  const network = fakeNetwork()
  const client = await network.signIn('alice.test')
  network.log.clear()
  const { fetch, clock } = network
  return {
    network,
    client,
    memos: client.records(COLLECTION),
    nobody: new XrpcClient({ service: network.pds, fetch, clock }),
    queriesTo: (nsid) => network.log.to(`/xrpc/${nsid}`).map(({ url }) => new URL(url).searchParams),
  }
}

/** All that a list gives. */
export async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = []
  for await (const item of items) found.push(item)
  return found
}

/** What a list gave before it failed, and what it failed with. */
export async function untilFailure(
  items: AsyncIterable<unknown>,
): Promise<{ readonly found: unknown[]; readonly failure: unknown }> {
  const found: unknown[] = []
  try {
    for await (const item of items) found.push(item)
  } catch (failure) {
    return { found, failure }
  }
  throw new Error('it was to fail, and came to its end')
}
