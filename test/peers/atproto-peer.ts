import { GET_SESSION, type Peer, type PeerClient, type PeerNetwork, TextStore } from './peer.ts'

/** An app with `@atproto/oauth-client-node`. */
export async function openAtprotoPeer({ metadata, keys }: PeerClient, network: PeerNetwork): Promise<Peer> {
  const { JoseKey, NodeOAuthClient } = await import('@atproto/oauth-client-node')
  const sessions = new TextStore()
  const client = new NodeOAuthClient({
    clientMetadata: metadata,
    ...(keys && { keyset: await Promise.all(keys.map((key) => JoseKey.fromImportable(key, key.kid ?? ''))) }),
    allowHttp: true,
    plcDirectoryUrl: network.plc,
    handleResolver: network.pds,
    requestLock: async (_, run) => run(),
    stateStore: new TextStore(),
    sessionStore: sessions,
  })
  return {
    clientId: metadata.client_id,
    authorize: async (handle) => (await client.authorize(handle)).href,
    async callback(url) {
      await client.callback(new URL(url).searchParams)
    },
    async refresh(did) {
      const session = await client.restore(did, true)
      return (await session.fetchHandler(GET_SESSION)).status
    },
    stored: (did) => sessions.text(did),
  }
}
