import { DiscoveryError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, onlyEntry, refusedAuthorize } from '../scene.ts'
import { ENTRYWAY, PDS, RESOURCE } from './scene.ts'

describe("[B2] [B3] [B4] the PDS's metadata", () => {
  test.each<[string, unknown]>([
    ['is missing', undefined],
    ['is another server', 'https://other.example.com'],
    ['ends in a slash', `${PDS}/`],
    ['spells out the port', `${PDS}:443`],
    ['is in another case', 'https://PDS.example.com'],
    ['has a path', `${PDS}/xrpc`],
    ['is http', 'http://pds.example.com'],
    ['is a list', [PDS]],
  ])('[B3] is refused where `resource` %s', async (_, resource) => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['resource'] = resource
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'resource_mismatch',
      url: RESOURCE,
      field: 'resource',
      expected: PDS,
      found: resource ?? null,
    })
    expect(error.message).toContain(`${RESOURCE} (resource, expected ${PDS}, found `)
  })

  test.each<[string, unknown]>([
    ['are missing', undefined],
    ['are none', []],
    ['are two', [PDS, ENTRYWAY]],
    ['are the same one twice', [PDS, PDS]],
    ['are a text', PDS],
  ])('[B2] is refused where `authorization_servers` %s', async (_, servers) => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['authorization_servers'] = servers
    expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
      code: 'resource_metadata_invalid',
      field: 'authorization_servers',
      url: RESOURCE,
      expected: 'exactly one',
      found: servers ?? null,
    })
    expect(scene.network.log.to(/entryway/)).toEqual([])
  })

  test.each<[string, unknown]>([
    ['a slash', `${ENTRYWAY}/`],
    ['the default port', `${ENTRYWAY}:443`],
    ['a path', `${ENTRYWAY}/oauth`],
    ['a query', `${ENTRYWAY}?a`],
    ['a fragment', `${ENTRYWAY}#a`],
    ['credentials', 'https://a@entryway.example.com'],
    ['http', 'http://entryway.example.com'],
    ['upper case', 'https://Entryway.example.com'],
    ['a blank', `${ENTRYWAY} `],
    ['no text', { issuer: ENTRYWAY }],
    ['null', null],
  ])('[B4] is refused where the issuer has %s', async (_, issuer) => {
    const scene = alicesScene({ network: { entryway: true } })
    scene.network.protectedResourceMetadata['authorization_servers'] = [issuer]
    const error = await refusedAuthorize(scene, 'alice.example.com')
    expect(error).toBeInstanceOf(DiscoveryError)
    expect(error).toMatchObject({
      code: 'issuer_invalid',
      url: RESOURCE,
      field: 'authorization_servers',
      expected: 'a bare https origin',
      found: issuer,
    })
    expect(scene.network.log.to(/entryway/)).toEqual([])
  })

  test('[B4] may name an issuer at another port', async () => {
    const scene = alicesScene()
    const issuer = 'https://pds.example.com:8443'
    scene.network.protectedResourceMetadata['authorization_servers'] = [issuer]
    scene.network.host(issuer, () => Response.json({ ...scene.network.authorizationServerMetadata, issuer }))
    await scene.oauth.authorize('alice.example.com')
    const { value } = await onlyEntry(scene.storage, 'signin/')
    expect(value).toMatchObject({ issuer })
  })

  test.each(['https://127.0.0.1', 'https://192.168.1.1', 'https://as.internal'])(
    '[M1] leads to no issuer at %s',
    async (issuer) => {
      const scene = alicesScene()
      scene.network.protectedResourceMetadata['authorization_servers'] = [issuer]
      expect(await refusedAuthorize(scene, 'alice.example.com')).toMatchObject({
        code: 'address_forbidden',
        field: 'host',
        found: new URL(issuer).hostname,
      })
      expect(scene.network.log.entries.filter(({ url }) => url.startsWith(issuer))).toEqual([])
    },
  )
})
