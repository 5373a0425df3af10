import { type FakeNetwork, fakeNetwork } from 'atproof/testing'
import type { ContractWorld, Person } from './world.ts'

/** The fake network, as the contract suite sees it. */
export async function openFakeWorld(network: FakeNetwork = fakeNetwork()): Promise<ContractWorld> {
  let people = 0
  const findPerson = (did: string) => {
    const account = network.account(did)
    if (!account) throw new Error(`no account ${did}`)
    return account
  }
  return {
    fetch: network.fetch,
    pds: network.pds,
    issuer: network.issuer,
    plc: 'https://plc.directory',
    now: () => network.serverTime,
    pass: (ms) => network.clock.advance(ms),
    async newPerson(): Promise<Person> {
      const account = network.createAccount(`person${++people}.test`)
      const { did, handle, password } = account
      return {
        did,
        handle,
        password,
        approve: async (url, decision) => account.approve(url, decision),
        deny: async (url) => account.deny(url),
      }
    },
    async publish(path, json) {
      const url = `https://app.atproof.internal${path}`
      network.documents.set(url, json)
      return url
    },
    invalidateNonces: async () => network.rotateNonces(),
    revokeSessions: async (did) => findPerson(did).revokeSessions(),
    takeDown: async (did) => findPerson(did).takeDown(),
    close: async () => network.close(),
  }
}
