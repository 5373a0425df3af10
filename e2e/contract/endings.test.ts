import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ContractScene, fateOf, openScene, outcomeOf } from './scene.ts'
import type { ContractWorld, Person } from './world.ts'
import { WORLDS } from './worlds.ts'

describe.each(WORLDS)('on %s', (_, open) => {
  let scene: ContractScene
  beforeAll(async () => {
    scene = await openScene(open)
  })
  afterAll(() => scene.world.close())

  describe('a revocation', () => {
    test('is answered with an empty object, again and again', async () => {
      const { client, tokens } = await scene.signedIn()
      const answers = [await client.revoke(tokens.refresh_token), await client.revoke(tokens.refresh_token)]
      expect(answers.map(({ status, json }) => [status, json])).toEqual([
        [200, {}],
        [200, {}],
      ])
      expect(await fateOf({ client, tokens })).toBe('ends')
    })

    test.each(['refresh_token', 'access_token'] as const)('ends a session by its newest %s', async (kind) => {
      const { client, tokens } = await scene.signedIn()
      const newest = (await client.refresh(tokens)).json
      await client.revoke(newest[kind])
      expect(await fateOf({ client, tokens: newest })).toBe('ends')
    })

    test('ends a session by a refresh token that was used already', async () => {
      const { client, tokens } = await scene.signedIn()
      const newest = (await client.refresh(tokens)).json
      await client.revoke(tokens.refresh_token)
      expect(await fateOf({ client, tokens: newest })).toBe('ends')
    })

    test('does nothing by an access token that is dead', async () => {
      const { client, tokens } = await scene.signedIn()
      const newest = (await client.refresh(tokens)).json
      expect(outcomeOf(await client.revoke(tokens.access_token))).toBe('200')
      expect(outcomeOf(await client.refresh(newest))).toBe('200')
    })

    test('is not misled by a wrong hint', async () => {
      const { client, tokens } = await scene.signedIn()
      await client.revoke(tokens.refresh_token, { token_type_hint: 'access_token' })
      expect(await fateOf({ client, tokens })).toBe('ends')
    })

    test('of a confidential client does nothing without its assertion', async () => {
      const { client } = await scene.newConfidentialClient()
      const tokens = await client.signIn(scene.person)
      const anonymous = { client_assertion: undefined, client_assertion_type: undefined }
      expect(outcomeOf(await client.revoke(tokens.refresh_token, anonymous))).toBe('200')
      expect(outcomeOf(await client.getSession(tokens))).toBe('200')
      await client.revoke(tokens.refresh_token)
      expect(await fateOf({ client, tokens })).toBe('ends')
    })
  })

  test('a server that revokes the sessions of an account ends them all, and spares its codes', async () => {
    const person = await scene.world.newPerson()
    const [first, second, client] = [await scene.newClient(), await scene.newClient(), await scene.newClient()]
    const sessions = [
      { client: first, tokens: await first.signIn(person) },
      { client: second, tokens: await second.signIn(person) },
    ]
    const callback = await person.approve(await client.authorizationUrl())
    await scene.world.revokeSessions(person.did)
    for (const session of sessions) expect(await fateOf(session)).toBe('ends')
    expect(outcomeOf(await client.exchange(callback))).toBe('200')
  })

  test('an account that is taken down loses its sessions and codes, and cannot sign in', async () => {
    const person = await scene.world.newPerson()
    const [signedIn, client] = [await scene.newClient(), await scene.newClient()]
    const tokens = await signedIn.signIn(person)
    const callback = await person.approve(await client.authorizationUrl())
    await scene.world.takeDown(person.did)
    expect((await signedIn.getSession(tokens)).status).toBe(401)
    expect(outcomeOf(await signedIn.refresh(tokens))).toBe('400 invalid_grant')
    expect(outcomeOf(await client.exchange(callback))).toBe('500 server_error')
    expect(outcomeOf(await client.par({ login_hint: person.handle }))).toBe('201')
    await expect(person.approve(await client.authorizationUrl())).rejects.toThrow('Account was taken down')
  })

  test('an account that is deactivated keeps its sessions and codes, and cannot sign in', async () => {
    const person = await scene.world.newPerson()
    const [signedIn, client] = [await scene.newClient(), await scene.newClient()]
    const tokens = await signedIn.signIn(person)
    const callback = await person.approve(await client.authorizationUrl())
    await deactivate(scene.world, person)
    expect(outcomeOf(await signedIn.refresh(tokens))).toBe('200')
    expect(outcomeOf(await client.exchange(callback))).toBe('200')
    const refused = new URL(await person.approve(await client.authorizationUrl())).searchParams
    expect(Object.fromEntries(refused)).toMatchObject({
      error: 'access_denied',
      error_description: 'This account has been deactivated',
    })
  })
})

/** As a person does with their password. */
async function deactivate({ fetch, pds }: ContractWorld, { handle, password }: Person): Promise<void> {
  const post = (nsid: string, input: object, headers: Record<string, string> = {}) =>
    fetch(`${pds}/xrpc/com.atproto.server.${nsid}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(input),
    })
  const session = await (await post('createSession', { identifier: handle, password })).json()
  const { status } = await post('deactivateAccount', {}, { authorization: `Bearer ${session.accessJwt}` })
  if (status !== 200) throw new Error(`deactivateAccount answered ${status}`)
}
