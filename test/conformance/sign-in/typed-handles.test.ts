import { IdentityError } from 'atproof'
import { describe, expect, test } from 'vitest'
import { alicesScene, refusedAuthorize } from '../scene.ts'
import { didOf, HANDLE, WELL_KNOWN } from './scene.ts'

describe('how a handle is typed', () => {
  test.each([
    ['[A2] in any case', 'Alice.EXAMPLE.com'],
    ['[A2] with an @', `@${HANDLE}`],
    ['[A2] with blanks around it', `  ${HANDLE}\n`],
  ])('%s it is the same handle', async (_, typed) => {
    const scene = alicesScene()
    expect(await didOf(scene, typed)).toBe(scene.alice.did)
    expect(scene.network.log.to(/^http/)[0]?.url).toBe(WELL_KNOWN)
  })

  test('[A2] an international handle stays punycode', async () => {
    const scene = alicesScene()
    const anna = scene.network.createAccount('xn--nna-6na.example.com')
    expect(await didOf(scene, 'XN--nna-6na.example.com')).toBe(anna.did)
  })

  test.each([
    ['a trailing dot', `${HANDLE}.`],
    ['an empty label', 'alice..com'],
    ['a hyphen at an edge', 'alice-.example.com'],
    ['a domain that begins with a digit', 'alice.1com'],
    ['a number as an address', '127.0.0.1'],
    ['an underscore', 'al_ice.example.com'],
    ['letters beyond ASCII', 'älice.example.com'],
    ['a letter that becomes ASCII in lower case', '\u212Aate.example.com'],
    ['a mark that is not seen within it', 'ali\u200Bce.example.com'],
    ['a label of 64 characters', `${'a'.repeat(64)}.example.com`],
    ['254 characters', `${'a'.repeat(62)}.${'b.'.repeat(95)}c`],
    ['two @', `@@${HANDLE}`],
    ['a path', `${HANDLE}/path`],
    ['a port', `${HANDLE}:443`],
  ])('[A1] refuses %s, and asks nobody', async (_, typed) => {
    const scene = alicesScene()
    const error = await refusedAuthorize(scene, typed)
    expect(error).toBeInstanceOf(IdentityError)
    expect(error).toMatchObject({ code: 'handle_malformed', field: 'handle', found: typed, retryable: false })
    expect(error.message).toContain('expected a domain name such as alice.example.com')
    expect(error.message).toContain(
      JSON.stringify(typed)
        .slice(0, 200)
        .replace('\u200B', String.raw`\u200b`),
    )
    expect(error.action).toMatch(/^(?:type|check|a handle has)\b/)
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A1] [B11] a server without its https:// is told from a handle in one step', async () => {
    const scene = alicesScene()
    const error = await refusedAuthorize(scene, 'pds.example.com')
    expect(error).toMatchObject({ code: 'handle_not_found', found: 'pds.example.com' })
    expect(error.action).toBe('check the spelling, or, where this is a server, type https://pds.example.com')
    await scene.oauth.authorize('https://pds.example.com')
  })

  test.each([`${HANDLE}.`, `@@${HANDLE}`, `“${HANDLE}”`, 'alice。example。com', 'alice\u200B.example.com'])(
    '[A1] [A2] what the refusal of %j says to type is taken',
    async (typed) => {
      const scene = alicesScene()
      const { action } = await refusedAuthorize(scene, typed)
      const [, proposed = ''] = /^type ([^\s:]+)/.exec(action ?? '') ?? []
      expect(await didOf(scene, proposed)).toBe(scene.alice.did)
    },
  )

  test('[A1] takes labels of 63 characters and 253 in all', async () => {
    const scene = alicesScene()
    const handle = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.com`
    expect(handle).toHaveLength(253)
    const long = scene.network.createAccount(handle)
    expect(await didOf(scene, handle)).toBe(long.did)
  })
})

describe('domains that are never resolved', () => {
  const reserved = ['alt', 'arpa', 'example', 'internal', 'invalid', 'local', 'localhost', 'onion']

  test.each(reserved)('[A3] asks nobody about a handle in .%s', async (domain) => {
    const scene = alicesScene()
    scene.network.createAccount(`alice.${domain}`, { dns: true })
    const error = await refusedAuthorize(scene, `alice.${domain}`)
    expect(error).toMatchObject({ code: 'handle_reserved', field: 'handle', found: `alice.${domain}` })
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A4] never resolves handle.invalid', async () => {
    const scene = alicesScene()
    scene.network.createAccount('handle.invalid', { dns: true })
    const error = await refusedAuthorize(scene, 'handle.invalid')
    expect(error).toMatchObject({ code: 'handle_placeholder', field: 'handle', found: 'handle.invalid' })
    expect(error.action).toContain('DID')
    expect(scene.network.log.entries).toEqual([])
  })

  test('[A3] a domain that only ends alike is an ordinary one', async () => {
    const scene = alicesScene()
    const bob = scene.network.createAccount('bob.notlocal')
    expect(await didOf(scene, 'bob.notlocal')).toBe(bob.did)
  })

  test('[A3] resolves .test where the app said that this is development', async () => {
    const scene = alicesScene({ client: { allowLoopback: ['http://localhost:2583'] } })
    const bob = scene.network.createAccount('bob.test')
    expect(await didOf(scene, 'bob.test')).toBe(bob.did)
  })

  test('[A3] refuses .test in production, and says how to allow it', async () => {
    const scene = alicesScene()
    scene.network.createAccount('bob.test')
    const error = await refusedAuthorize(scene, 'bob.test')
    expect(error).toMatchObject({ code: 'handle_reserved', found: 'bob.test' })
    expect(error.action).toContain('allowLoopback')
    expect(scene.network.log.entries).toEqual([])
  })
})
