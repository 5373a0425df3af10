import { describe, expect, test } from 'vitest'
import { alicesScene, refusedAuthorize } from '../scene.ts'
import { didOf, HANDLE, unlistedAlice, WELL_KNOWN } from './scene.ts'

describe("the handle's own host", () => {
  test('[A5] [A7] finds the DID at the well-known path, and DNS need not know it', async () => {
    const scene = alicesScene()
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    expect(scene.network.log.to(/^http/)[0]).toMatchObject({ method: 'GET', url: WELL_KNOWN })
  })

  test.each([
    ['another media type', { 'content-type': 'application/octet-stream' }, 200],
    ['no media type', {}, 200],
    ['another 2xx', { 'content-type': 'text/plain' }, 203],
  ])('[A7] takes an answer with %s, and trims it', async (_, headers, status) => {
    const scene = unlistedAlice()
    const body = new TextEncoder().encode(`\r\n  ${scene.alice.did} \n`)
    scene.network.host(`https://${HANDLE}`, () => new Response(body, { status, headers }))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test.each([
    ['a web page', () => new Response('<html>did:plc:x</html>')],
    ['a 404 with a DID in it', (did: string) => new Response(did, { status: 404 })],
    ['two DIDs', (did: string) => new Response(`${did}\n${did}`)],
    ['a DID of another method', () => new Response('did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK')],
    ['an empty answer', () => new Response('')],
  ])('[A7] %s names no account', async (_, answer) => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => answer(scene.alice.did))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_not_found', field: 'handle', found: HANDLE })
    expect(error.message).toContain(`a DID at ${WELL_KNOWN}`)
  })

  test('[A18] reads no more than 4 KiB', async () => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => new Response(' '.repeat(4097 - 32) + scene.alice.did))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_unresolved', cause: { code: 'too_large' } })
  })

  test('[A18] reads 4 KiB', async () => {
    const scene = unlistedAlice()
    scene.network.host(`https://${HANDLE}`, () => new Response(' '.repeat(4096 - 32) + scene.alice.did))
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A7] follows five redirects, to another host too', async () => {
    const scene = unlistedAlice()
    let hops = 0
    const hop = () => {
      hops += 1
      if (hops === 6) return new Response(scene.alice.did)
      return Response.redirect(`https://hop${hops % 2}.example.com/${hops}`, 302)
    }
    for (const host of [HANDLE, 'hop0.example.com', 'hop1.example.com']) scene.network.host(`https://${host}`, hop)
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A7] follows a redirect that is relative', async () => {
    const scene = unlistedAlice()
    scene.network.host(`https://${HANDLE}`, ({ url }) =>
      url === WELL_KNOWN
        ? new Response(null, { status: 307, headers: { location: '/did.txt' } })
        : new Response(scene.alice.did),
    )
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
    expect(scene.network.log.to(`https://${HANDLE}/did.txt`)).toHaveLength(1)
  })

  test('[A7] gives up on the sixth redirect', async () => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => Response.redirect(WELL_KNOWN, 302))
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({ code: 'handle_unresolved', cause: { code: 'too_many_redirects' } })
    expect(scene.network.log).toHaveLength(6)
  })

  test.each([
    ['http', 'http://alice.example.com/did', 'insecure_url'],
    ['this machine', 'https://127.0.0.1/did', 'address_forbidden'],
    ['a private network', 'https://10.1.2.3/did', 'address_forbidden'],
    ['the metadata of a cloud', 'https://169.254.169.254/latest', 'address_forbidden'],
    ['a private name', 'https://router.local/did', 'address_forbidden'],
    ['an IPv6 address of this machine', 'https://[::1]/did', 'address_forbidden'],
  ])('[A7] [M1] follows no redirect to %s', async (_, location, code) => {
    const scene = unlistedAlice({ client: { resolveTxt: async () => [] } })
    scene.network.host(`https://${HANDLE}`, () => Response.redirect(location, 302))
    expect(await refusedAuthorize(scene, HANDLE)).toMatchObject({ code: 'handle_unresolved', cause: { code } })
    expect(scene.network.log).toHaveLength(1)
  })
})
