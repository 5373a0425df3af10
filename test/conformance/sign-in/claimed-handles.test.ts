import { IdentityError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, refusedAuthorize, type Scene } from '../scene.ts'
import { didOf, HANDLE, WELL_KNOWN } from './scene.ts'

const documentOf = ({ network, alice }: Scene) => ({ ...network.didDocuments.get(alice.did) })

describe('both ways', () => {
  test.each<[string, unknown, string | null]>([
    ['claims another handle', ['at://bob.example.com'], 'bob.example.com'],
    ['claims none', [], null],
    ['has no list of names', undefined, null],
    ['has a text for a list', `at://${HANDLE}`, null],
    ['claims it only second', ['at://gone.example.com', `at://${HANDLE}`], 'gone.example.com'],
    ['claims it without at://', [HANDLE, `https://${HANDLE}`, `http:${HANDLE}`], null],
    ['claims it with a path', [`at://${HANDLE}/path`], null],
  ])('[A9] refuses a handle whose DID document %s', async (_, alsoKnownAs, found) => {
    const scene = alicesScene()
    scene.network.didDocuments.set(scene.alice.did, { ...documentOf(scene), alsoKnownAs })
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({ code: 'handle_mismatch', field: 'alsoKnownAs', expected: HANDLE, found })
    expect(error.message).toBe(
      `the account's DID document does not claim this handle at https://plc.directory/${scene.alice.did} (alsoKnownAs, expected ${HANDLE}, found ${JSON.stringify(found)})`,
    )
  })

  test.each<[string, unknown]>([
    ['in any case', ['at://Alice.EXAMPLE.com']],
    ['as the first well-formed of several', [1, 'https://x.y', 'at://no_handle', `at://${HANDLE}`, 'at://b.com']],
  ])('[A9] takes a handle that its DID document claims %s', async (_, alsoKnownAs) => {
    const scene = alicesScene()
    scene.network.didDocuments.set(scene.alice.did, { ...documentOf(scene), alsoKnownAs })
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test("[A9] for a DID, shows the document's handle only where it points back", async () => {
    const scene = alicesScene()
    const names = async () => {
      const { url, context } = await scene.oauth.authorize(scene.alice.did)
      const { client } = await scene.oauth.callback(scene.network.approve(url), { context })
      return client.session.handle
    }
    expect(await names()).toBe(HANDLE)
    const bob = scene.network.createAccount('bob.example.com')
    scene.network.wellKnownDids.set(HANDLE, bob.did)
    // What was proved is believed for ten minutes.
    await scene.clock.advance(10 * 60_000)
    expect(await names()).toBeUndefined()
  })

  test('[A9] for a DID, never falls back to a later handle, though the first does not resolve', async () => {
    const scene = alicesScene()
    const alsoKnownAs = ['at://gone.example.com', `at://${HANDLE}`]
    scene.network.didDocuments.set(scene.alice.did, { ...documentOf(scene), alsoKnownAs })
    const { url, context } = await scene.oauth.authorize(scene.alice.did)
    const { client } = await scene.oauth.callback(scene.network.approve(url), { context })
    expect(client.session.handle).toBeUndefined()
    expect(scene.network.log.to(WELL_KNOWN)).toEqual([])
  })
})
