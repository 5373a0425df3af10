import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { generateKey, PlainClient } from './plain-client.ts'
import type { ContractWorld } from './world.ts'
import { WORLDS } from './worlds.ts'

describe.each(WORLDS)('on %s', (_, open) => {
  let world: ContractWorld
  beforeAll(async () => {
    world = await open()
  })
  afterAll(() => world.close())

  async function signedIn() {
    const [person, client] = [await world.newPerson(), new PlainClient(world, await generateKey())]
    return { person, client, tokens: await client.signIn(person) }
  }

  test('a refresh token works once, and a replay ends the session', async () => {
    const { client, tokens } = await signedIn()
    const first = await client.refresh(tokens)
    expect(first.status).toBe(200)
    expect(await client.refresh(tokens)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
    expect(await client.refresh(first.json)).toMatchObject({ status: 400, json: { error: 'invalid_grant' } })
  })
})
