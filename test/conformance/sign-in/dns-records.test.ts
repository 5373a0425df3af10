import { describe, expect, test } from 'vitest'
import { alicesScene, refusedAuthorize, type Scene } from '../scene.ts'
import { didOf, HANDLE, setTxt, unlistedAlice } from './scene.ts'

describe('DNS', () => {
  test('[A5] [A6] finds the DID in a TXT record, and the host need not know it', async () => {
    const scene = unlistedAlice()
    setTxt(scene, [`did=${scene.alice.did}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A6] asks for _atproto below the handle, in lower case', async () => {
    const names: string[] = []
    const resolveTxt = async (name: string) => {
      names.push(name)
      return [[`did=${scene.alice.did}`]]
    }
    const scene: Scene = unlistedAlice({ client: { resolveTxt } })
    await scene.oauth.authorize('Alice.Example.Com')
    expect(names).toEqual([`_atproto.${HANDLE}`])
  })

  test('[A6] joins the chunks of a record', async () => {
    const scene = unlistedAlice()
    const { did } = scene.alice
    setTxt(scene, ['did=', did.slice(0, 10), did.slice(10)])
    expect(await didOf(scene, HANDLE)).toBe(did)
  })

  test('[A6] ignores records that say something else', async () => {
    const scene = unlistedAlice()
    const other = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
    const { did } = scene.alice
    setTxt(scene, ['v=spf1 -all'], [other], [`DID=${other}`], [`did=${did}`], [`xdid=${other}`], [`key=${other}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A6] one DID said twice is one DID', async () => {
    const scene = unlistedAlice()
    setTxt(scene, [`did=${scene.alice.did}`], [`did=${scene.alice.did}`])
    expect(await didOf(scene, HANDLE)).toBe(scene.alice.did)
  })

  test('[A6] two DIDs are ambiguous, and the host is not asked to decide', async () => {
    const scene = alicesScene()
    const bob = scene.network.createAccount('bob.example.com')
    setTxt(scene, [`did=${scene.alice.did}`], [`did=${bob.did}`])
    const error = await refusedAuthorize(scene, HANDLE)
    expect(error).toMatchObject({
      name: 'IdentityError',
      code: 'handle_ambiguous',
      field: `_atproto.${HANDLE}`,
      expected: 'one DID',
    })
    expect(error.message).toContain(scene.alice.did)
    expect(error.message).toContain(bob.did)
  })

  test('[A6] asks only the host about a handle that is too long for DNS', async () => {
    const names: string[] = []
    const resolveTxt = async (name: string) => {
      names.push(name)
      return []
    }
    const scene = alicesScene({ client: { resolveTxt } })
    const handle = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(49)}.com`
    expect(handle).toHaveLength(245)
    const long = scene.network.createAccount(handle)
    expect(await didOf(scene, handle)).toBe(long.did)
    expect(names).toEqual([])
  })

  test('[A6] still asks DNS about one of 244', async () => {
    const scene = alicesScene()
    const handle = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(48)}.com`
    expect(handle).toHaveLength(244)
    const long = scene.network.createAccount(handle, { dns: true })
    expect(await didOf(scene, handle)).toBe(long.did)
  })
})
