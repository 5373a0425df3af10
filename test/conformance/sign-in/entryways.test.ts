import { describe, expect, test } from 'vitest'
import { alicesScene, refusedAuthorize } from '../scene.ts'
import { ENTRYWAY, PDS } from './scene.ts'

describe('an entryway', () => {
  test('[B10] is asked for tokens, and the PDS of the DID document is called', async () => {
    const { network, oauth, alice } = alicesScene({ network: { entryway: true } })
    const { url, context } = await oauth.authorize(alice.handle)
    expect(new URL(url).origin).toBe(ENTRYWAY)
    const { client } = await oauth.callback(network.approve(url), { context })
    await client.get('com.atproto.server.getSession')
    expect(client.session).toMatchObject({ issuer: ENTRYWAY, pds: PDS })
    expect(new Set(network.log.to(/\/oauth\/(par|token)/).map((entry) => new URL(entry.url).origin))).toEqual(
      new Set([ENTRYWAY]),
    )
    expect(new Set(network.log.to(/\/xrpc\//).map((entry) => new URL(entry.url).origin))).toEqual(new Set([PDS]))
  })

  test('[B10] [M2] that a PDS names without being one of its own is refused by its issuer', async () => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['authorization_servers'] = [ENTRYWAY]
    scene.network.host(ENTRYWAY, () => Response.json(scene.network.authorizationServerMetadata))
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: 'issuer_mismatch',
      expected: ENTRYWAY,
      found: PDS,
    })
  })
})
