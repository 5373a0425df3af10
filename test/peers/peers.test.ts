import { memoryStorage, OAuthClient } from '../../src/index.ts'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRealWorld } from '../../e2e/contract/real-world.ts'
import type { ContractWorld } from '../../e2e/contract/world.ts'
import { sameStorage } from '../../e2e/scene.ts'
import { openAtcutePeer } from './atcute-peer.ts'
import { openAtprotoPeer } from './atproto-peer.ts'
import type { Peer, PeerClient } from './peer.ts'

const APP = 'https://app.atproof.internal'
const SCOPE = 'atproto transition:generic'
const GET_SESSION = 'com.atproto.server.getSession'
const LOOPBACK_URI = 'http://127.0.0.1:8080/callback'

/** The curve of a session's key: the first one takes ES256K where a server offers it. */
const PEERS = [
  ['@atproto/oauth-client-node', openAtprotoPeer, 'secp256k1'],
  ['@atcute/oauth-node-client', openAtcutePeer, 'P-256'],
] as const

describe.each(PEERS)('a session of %s', (_, open, crv) => {
  let world: ContractWorld
  beforeAll(async () => {
    world = await openRealWorld()
  })
  afterAll(() => world.close())

  test.each([['a public'], ['a confidential']])('goes on here: %s client', async (kind) => {
    const client =
      kind === 'a public' ? loopbackClient() : await confidentialClient(`/${crypto.randomUUID()}.json`)
    const peer = await open(client, world)
    if (client.keys) await world.publish(new URL(peer.clientId).pathname, client.metadata)
    const person = await world.newPerson()
    await peer.callback(await person.approve(await peer.authorize(person.handle)))

    const storage = memoryStorage()
    const deploy = () => openOurs(peer, client, world, sameStorage(storage))
    const ours = deploy()
    const imported = await ours.importSession(JSON.parse(peer.stored(person.did)))
    expect(imported.session).toMatchObject({
      did: person.did,
      handle: person.handle,
      pds: world.pds,
      issuer: world.issuer,
      scope: SCOPE,
      status: 'active',
    })
    expect((await imported.get(GET_SESSION)).data.did).toBe(person.did)
    const renewed = await imported.refresh()
    expect((await renewed.get(GET_SESSION)).status).toBe(200)
    expect((await ours.exportSession(imported.session.sessionId).catch(() => undefined))?.dpopKey.crv).toBe(
      crv === 'P-256' ? undefined : crv,
    )

    const { sessionId } = imported.session
    const restarted = await deploy().restore(sessionId)
    expect((await restarted?.get(GET_SESSION))?.data.did).toBe(person.did)
    expect((await (await restarted?.refresh())?.get(GET_SESSION))?.status).toBe(200)
    // Once more, as by a process that had not heard of it: nothing is spent twice.
    const again = await deploy().importSession(JSON.parse(peer.stored(person.did)))
    expect(again.session.sessionId).toBe(sessionId)
    expect((await again.get(GET_SESSION)).status).toBe(200)

    expect(await ours.revoke(sessionId)).toEqual({ accepted: true })
    expect(await deploy().restore(sessionId)).toBeUndefined()
  })

  test('goes on as the other library last left it, which had refreshed it itself', async () => {
    const client = loopbackClient()
    const peer = await open(client, world)
    const person = await world.newPerson()
    await peer.callback(await person.approve(await peer.authorize(person.handle)))
    const before = peer.stored(person.did)
    expect(await peer.refresh(person.did)).toBe(200)
    expect(peer.stored(person.did)).not.toBe(before)
    const imported = await openOurs(peer, client, world, memoryStorage()).importSession(
      JSON.parse(peer.stored(person.did)),
    )
    expect((await (await imported.refresh()).get(GET_SESSION)).data.did).toBe(person.did)
  })

  test('[R10] is left alone where its client key is missing, and goes on once the key is back', async () => {
    const client = await confidentialClient(`/${crypto.randomUUID()}.json`)
    const peer = await open(client, world)
    await world.publish(new URL(peer.clientId).pathname, client.metadata)
    const person = await world.newPerson()
    await peer.callback(await person.approve(await peer.authorize(person.handle)))
    const data = JSON.parse(peer.stored(person.did))
    const storage = memoryStorage()
    const without = new OAuthClient({
      ...outside(world),
      clientId: client.metadata.client_id,
      redirectUri: `${APP}/callback`,
      scope: SCOPE,
      keys: [await privateKey('k9')],
      storage,
    })
    const failure = await without.importSession(data).catch((error: unknown) => error)
    expect(failure).toMatchObject({ name: 'SessionError', code: 'client_key_missing' })
    const imported = await openOurs(peer, client, world, storage).importSession(data)
    expect((await (await imported.refresh()).get(GET_SESSION)).data.did).toBe(person.did)
  })
})

/** The app as the servers know it, over our library. */
function openOurs(
  { clientId }: Peer,
  { metadata, keys }: PeerClient,
  world: ContractWorld,
  storage: ReturnType<typeof memoryStorage>,
): OAuthClient {
  const clientMetadata = { ...metadata, client_id: clientId }
  return new OAuthClient({ ...outside(world), clientMetadata, ...(keys && { keys }), storage })
}

function outside({ plc, pds }: ContractWorld) {
  return { plcDirectory: plc, handleResolver: pds, allowLoopback: [pds, plc] }
}

function loopbackClient(): PeerClient {
  return { metadata: new OAuthClient({ redirectUri: LOOPBACK_URI, scope: SCOPE }).clientMetadata }
}

async function confidentialClient(path: string): Promise<PeerClient> {
  const keys = [await privateKey('k1')]
  const { clientMetadata: metadata } = new OAuthClient({
    clientId: APP + path,
    redirectUri: `${APP}/callback`,
    scope: SCOPE,
    keys,
  })
  return { metadata, keys }
}

async function privateKey(kid: string): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(key)), kid, alg: 'ES256' }
}
