import { GET_SESSION, type Peer, type PeerClient, type PeerNetwork, TextStore } from './peer.ts'

/** An app with `@atcute/oauth-node-client`. */
export async function openAtcutePeer({ metadata, keys }: PeerClient, network: PeerNetwork): Promise<Peer> {
  const { LocalActorResolver, PlcDidDocumentResolver, XrpcHandleResolver } =
    await import('@atcute/identity-resolver')
  const { OAuthClient } = await import('@atcute/oauth-node-client')
  const sessions = new TextStore()
  const { client_id: clientId, redirect_uris: redirectUris, scope } = metadata
  const client = new OAuthClient({
    // It makes the id of a loopback client by itself.
    metadata: { ...(keys && { client_id: clientId }), redirect_uris: redirectUris, scope },
    ...(keys && { keyset: keys.map((key) => ({ ...key })) }),
    actorResolver: new LocalActorResolver({
      handleResolver: new XrpcHandleResolver({ serviceUrl: network.pds }),
      didDocumentResolver: new PlcDidDocumentResolver({ apiUrl: network.plc }),
    }),
    stores: { sessions, states: new TextStore() },
  })
  client.resolver.authorizationServerResolver.allowHttp = true
  client.resolver.protectedResourceResolver.allowHttp = true
  return {
    clientId: client.metadata.client_id,
    authorize: async (handle) =>
      (await client.authorize({ target: { type: 'account', identifier: handle } })).url.href,
    async callback(url) {
      await client.callback(new URL(url).searchParams)
    },
    async refresh(did) {
      const session = await client.restore(did, { refresh: true })
      return (await session.handle(GET_SESSION, { method: 'GET' })).status
    },
    stored: (did) => sessions.text(did),
  }
}
