import { describe, expect, test } from 'vitest'
import { refusedAuthorize } from '../scene.ts'
import { didOf, HANDLE, unlistedAlice, WELL_KNOWN } from './scene.ts'

describe('a service that resolves handles', () => {
  const RESOLVER = 'https://resolver.example.com'
  const withResolver = () =>
    unlistedAlice({ client: { handleResolver: RESOLVER, resolveTxt: () => Promise.reject(new Error('asked')) } })

  test('[A5] [A10] is asked instead of DNS and the host', async () => {
    const scene = withResolver()
    scene.network.host(RESOLVER, () => Response.json({ did: scene.alice.did }))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    expect(scene.network.log.to(/^http/)[0]?.url).toBe(
      `${RESOLVER}/xrpc/com.atproto.identity.resolveHandle?handle=${HANDLE}`,
    )
    expect(scene.network.log.to(WELL_KNOWN)).toEqual([])
  })

  test('[A10] is not believed: the DID document must claim the handle all the same', async () => {
    const scene = withResolver()
    const mallory = scene.network.createAccount('mallory.example.com')
    scene.network.host(RESOLVER, () => Response.json({ did: mallory.did }))
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({
      code: 'handle_mismatch',
      expected: HANDLE,
      found: 'mallory.example.com',
    })
  })

  test.each([
    [
      'knows no such handle',
      () => Response.json({ error: 'HandleNotFound' }, { status: 400 }),
      'handle_not_found',
    ],
    ['fails', () => Response.json({ error: 'InternalServerError' }, { status: 500 }), 'handle_unresolved'],
    ['answers a web page', () => new Response('<html>'), 'handle_unresolved'],
    ['answers a DID of no use', () => Response.json({ did: 'did:key:x' }), 'handle_unresolved'],
  ])('[A10] that %s', async (_, answer, code) => {
    const scene = withResolver()
    scene.network.host(RESOLVER, answer)
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ name: 'IdentityError', code, found: HANDLE, expected: `a DID from ${RESOLVER}` })
  })

  test('[A10] that redirects is not followed', async () => {
    const scene = withResolver()
    scene.network.host(RESOLVER, () => Response.redirect('https://elsewhere.example.com/', 302))
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({ name: 'NetworkError', code: 'redirected' })
  })
})
