import { describe, expect, test } from 'vitest'
import { didDocument } from '../../../src/testing/did-document.ts'
import { alicesScene, consentedAlice, keysIn, onlyEntry, refusedAuthorize, refusedCallback } from '../scene.ts'
import { ENTRYWAY, PDS, RESOURCE } from './scene.ts'

describe('a sign-in that begins at a server', () => {
  test.each([
    ['a PDS', PDS],
    ['a PDS, with a slash', `${PDS}/`],
    ['an authorization server', ENTRYWAY],
  ])('[B11] at %s signs in whoever consents there, and hints at nobody', async (_, typed) => {
    const scene = alicesScene({ network: { entryway: true } })
    const { callback, context } = await consentedAlice(scene, { identifier: typed })
    const [par] = scene.network.log.to('/oauth/par')
    expect(par?.form?.has('login_hint')).toBe(false)
    const { client } = await scene.oauth.callback(callback, { context })
    expect(client.session).toMatchObject({
      did: scene.alice.did,
      handle: 'alice.example.com',
      pds: PDS,
      issuer: ENTRYWAY,
    })
  })

  test('[B11] asks for the resource first, then for the authorization server', async () => {
    const { network, oauth } = alicesScene({ network: { entryway: true } })
    await oauth.authorize(ENTRYWAY)
    expect(network.log.entries.slice(0, 2).map(({ url, status }) => [url, status])).toEqual([
      [`${ENTRYWAY}/.well-known/oauth-protected-resource`, 404],
      [`${ENTRYWAY}/.well-known/oauth-authorization-server`, 200],
    ])
  })

  test('[B11] stores the issuer it was begun with, and no account', async () => {
    const { oauth, storage } = alicesScene({ network: { entryway: true } })
    await oauth.authorize(PDS)
    const { value } = await onlyEntry(storage, 'signin/')
    expect(value).toMatchObject({ issuer: ENTRYWAY })
    expect(value).not.toHaveProperty('did')
    expect(value).not.toHaveProperty('pds')
  })

  test.each([
    ['redirects', () => Response.redirect(`${ENTRYWAY}/login`, 302)],
    ['shows a web page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ])('[B11] at an authorization server that %s for what it does not know still works', async (_, answer) => {
    const scene = alicesScene({ network: { entryway: true } })
    scene.network.fault({ path: `${ENTRYWAY}/.well-known/oauth-protected-resource`, respond: answer })
    await scene.oauth.authorize(ENTRYWAY)
    expect(await keysIn(scene.storage, 'signin/')).toHaveLength(1)
  })

  test('[B11] at a server that is neither is refused', async () => {
    const scene = alicesScene()
    scene.network.host('https://www.example.com', () => new Response('', { status: 404 }))
    const error = await refusedAuthorize(scene, 'https://www.example.com')
    expect(error).toMatchObject({
      name: 'DiscoveryError',
      code: 'not_a_server',
      url: 'https://www.example.com',
      field: 'identifier',
      retryable: false,
    })
    expect(error.action).toContain('where www.example.com is a handle, type it without https://')
  })

  test('[B11] at a server that does not exist is refused', async () => {
    const scene = alicesScene()
    expect(await refusedAuthorize(scene, 'https://nowhere.example.com')).toMatchObject({
      name: 'NetworkError',
      code: 'unreachable',
      url: 'https://nowhere.example.com/.well-known/oauth-protected-resource',
    })
  })

  test('[B11] at a PDS with wrong metadata does not take the PDS for an authorization server', async () => {
    const scene = alicesScene()
    scene.network.protectedResourceMetadata['resource'] = 'https://other.example.com'
    expect(await refusedAuthorize(scene, PDS)).toMatchObject({ code: 'resource_mismatch', url: RESOURCE })
  })

  test('[B9] [B11] holds the server against the PDS where it shows who signed in', async () => {
    const scene = alicesScene({ network: { entryway: true } })
    const consented = await consentedAlice(scene, { identifier: ENTRYWAY })
    scene.network.authorizationServerMetadata['protected_resources'] = ['https://other.example.com']
    const error = await refusedCallback(scene, consented)
    expect(error).toMatchObject({ code: 'server_metadata_invalid', field: 'protected_resources' })
    expect(scene.alice.session.deleted).toBe(true)
  })

  test('[B11] [F8] [M2] refuses an account that lives behind another issuer, and gives its tokens back', async () => {
    const scene = alicesScene()
    const consented = await consentedAlice(scene, { identifier: PDS })
    const moved = 'https://moved.example.com'
    scene.network.didDocuments.set(scene.alice.did, didDocument(scene.alice, moved))
    const metadata = { ...scene.network.authorizationServerMetadata, issuer: moved }
    scene.network.host(moved, ({ url }) =>
      Response.json(url.endsWith('resource') ? { resource: moved, authorization_servers: [moved] } : metadata),
    )
    expect(await refusedCallback(scene, consented)).toMatchObject({
      name: 'AuthorizationError',
      code: 'account_issuer_mismatch',
      field: 'issuer',
      expected: PDS,
      found: moved,
    })
    expect(scene.alice.session.deleted).toBe(true)
  })
})
