import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Account, AddedPds } from './commands.ts'
import { type RealNetwork, startNetwork } from './start.ts'

const RESOURCE = '/.well-known/oauth-protected-resource'
const SERVER = '/.well-known/oauth-authorization-server'

let network: RealNetwork
let behind: AddedPds
let elsewhere: AddedPds
beforeAll(async () => {
  network = await startNetwork()
  behind = await network.addPds({ issuer: 'shared' })
  elsewhere = await network.addPds({ issuer: 'own' })
})
afterAll(() => network.close())

let people = 0
const newAccount = (pds?: string): Promise<Account> =>
  network.createAccount({ handle: `person${++people}.test`, password: 'secret', ...(pds && { pds }) })

async function homeOf({ did }: Account): Promise<string> {
  const document = await (await fetch(`${network.plc}/${did}`)).json()
  return document.service[0].serviceEndpoint
}

/** What a PDS says of an account's repository. */
async function statusAt(pds: string, { did }: Account): Promise<object> {
  return (await fetch(`${pds}/xrpc/com.atproto.sync.getRepoStatus?did=${did}`)).json()
}

/** What the clock of a server shows, in ms since the epoch. */
async function timeAt(pds: string): Promise<number> {
  return Date.parse((await fetch(pds + RESOURCE)).headers.get('date') ?? '')
}

test('a PDS behind the first one has its authorization server, and none itself', async () => {
  expect(behind.issuer).toBe(network.pds)
  expect(await (await fetch(behind.pds + RESOURCE)).json()).toMatchObject({
    resource: behind.pds,
    authorization_servers: [network.pds],
  })
  const server = await (await fetch(network.pds + SERVER)).json()
  expect(server).toMatchObject({ issuer: network.pds, protected_resources: [network.pds, behind.pds] })
  const endpoints = Object.values<unknown>(server).filter((value) => /\/oauth\//.test(String(value)))
  expect(endpoints).toHaveLength(5)
  for (const path of [SERVER, ...endpoints.map((url) => new URL(String(url)).pathname)]) {
    for (const method of ['GET', 'POST']) {
      const { status } = await fetch(behind.pds + path, { method })
      expect([method, path, status]).toEqual([method, path, 404])
    }
  }
})

test('a PDS elsewhere has an authorization server of its own', async () => {
  expect(elsewhere.issuer).toBe(elsewhere.pds)
  expect(await (await fetch(elsewhere.pds + SERVER)).json()).toMatchObject({ issuer: elsewhere.pds })
  expect(await (await fetch(elsewhere.pds + RESOURCE)).json()).toMatchObject({
    authorization_servers: [elsewhere.pds],
  })
})

test('makes accounts on any of its PDSes, and says where there is none', async () => {
  for (const pds of [network.pds, behind.pds, elsewhere.pds]) {
    const account = await newAccount(pds)
    expect(await homeOf(account)).toBe(pds)
    expect(await statusAt(pds, account)).toMatchObject({ active: true })
  }
  await expect(newAccount('http://localhost:1')).rejects.toThrow('no PDS at http://localhost:1')
})

test('moves an account under its issuer: only its DID document changes', async () => {
  const account = await newAccount()
  await network.moveAccount(account, behind.pds)
  expect(await homeOf(account)).toBe(behind.pds)
  expect(await statusAt(behind.pds, account)).toMatchObject({ active: true })
})

test('migrates an account to another issuer, from behind the first one as well', async () => {
  const account = await newAccount(behind.pds)
  await network.moveAccount(account, elsewhere.pds)
  expect(await homeOf(account)).toBe(elsewhere.pds)
  expect(await statusAt(elsewhere.pds, account)).toMatchObject({ active: true })
  expect(await statusAt(behind.pds, account)).toMatchObject({ active: false, status: 'deactivated' })
})

test('logs nothing of what it does itself', async () => {
  await network.requests()
  const account = await newAccount()
  await network.moveAccount(account, elsewhere.pds)
  expect(await network.requests()).toEqual([])
})

// The last one: after it, the others' clocks are wrong.
test('puts the clocks of its servers forward', async () => {
  await network.skipTime(3_600_000)
  for (const pds of [network.pds, elsewhere.pds]) {
    const ahead = (await timeAt(pds)) - Date.now()
    expect(ahead).toBeGreaterThan(3_595_000)
    expect(ahead).toBeLessThanOrEqual(3_600_000)
  }
  const { did } = await newAccount()
  const [first] = await (await fetch(`${network.plc}/${did}/log/audit`)).json()
  expect(Date.parse(first.createdAt) - Date.now()).toBeGreaterThan(3_590_000)
})
