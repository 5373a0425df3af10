import type {} from '@atcute/atproto'
import { Client as AtcuteClient, ok } from '@atcute/client'
import { isHandle } from '@atcute/lexicons/syntax'
import { Agent } from '@atproto/api'
import { Client as LexClient, l } from '@atproto/lex'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRealWorld } from '../../../e2e/contract/real-world.ts'
import type { ContractWorld, Person } from '../../../e2e/contract/world.ts'
import { XrpcClient } from '../../../src/index.ts'

let world: ContractWorld
let person: Person
let nobody: XrpcClient<undefined>
beforeAll(async () => {
  world = await openRealWorld()
  person = await world.newPerson()
  nobody = new XrpcClient({ service: world.pds, allowLoopback: [world.pds] })
})
afterAll(() => world?.close())

// By its handler: under `exactOptionalPropertyTypes` a `did` that is undefined is none that may be left out.

test('Agent of @atproto/api calls without a session', async () => {
  const agent = new Agent(nobody.fetchHandler)
  expect(agent.did).toBeUndefined()
  expect((await agent.resolveHandle({ handle: person.handle })).data.did).toBe(person.did)
})

test('Client of @atproto/lex calls without a session', async () => {
  const lex = new LexClient(nobody.fetchHandler)
  expect(lex.did).toBeUndefined()
  const resolveHandle = l.query(
    'com.atproto.identity.resolveHandle',
    l.params({ handle: l.string() }),
    l.jsonPayload({ did: l.string({ format: 'did' }) }),
  )
  expect((await lex.xrpc(resolveHandle, { params: { handle: person.handle } })).body.did).toBe(person.did)
})

test('Client of @atcute/client calls without a session', async () => {
  const rpc = new AtcuteClient({ handler: nobody.fetchHandler })
  const { handle } = person
  if (!isHandle(handle)) return expect.unreachable(`${handle} is no handle`)
  expect((await ok(rpc.get('com.atproto.identity.resolveHandle', { params: { handle } }))).did).toBe(person.did)
})
