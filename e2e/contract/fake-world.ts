import { type FakeNetwork, fakeNetwork } from 'atproof/testing'
import { APP, AppHost } from './app-host.ts'
import type { ContractWorld, Person } from './world.ts'

/** The fake network, as the contract suite sees it. */
export async function openFakeWorld(network: FakeNetwork = fakeNetwork()): Promise<ContractWorld> {
  const host = new AppHost()
  const answer = ({ url }: Request) => {
    const { pathname, search } = new URL(url)
    const { body, ...init } = host.answer(pathname + search)
    return new Response(body, init)
  }
  network.host(APP, answer)
  // The same host by a name that no real server would ask.
  network.host('https://app.example.com', answer)
  let people = 0
  const findPerson = (did: string) => {
    const account = network.account(did)
    if (!account) throw new Error(`no account ${did}`)
    return account
  }
  return {
    kind: 'fake',
    fetch: network.fetch,
    pds: network.pds,
    issuer: network.issuer,
    plc: 'https://plc.directory',
    now: () => network.serverTime,
    pass: (ms) => network.clock.advance(ms),
    async newPerson(place): Promise<Person> {
      const account = network.createAccount(`person${++people}.test`, place)
      const { did, handle, password } = account
      return {
        did,
        handle,
        password,
        approve: async (url, decision) => account.approve(url, decision),
        deny: async (url) => account.deny(url),
      }
    },
    publish: async (path, json, options) => host.publish(path, json, options),
    invalidateNonces: async () => network.rotateNonces(),
    revokeSessions: async (did) => findPerson(did).revokeSessions(),
    takeDown: async (did) => findPerson(did).takeDown(),
    async setAccessTokenLifetime(ms) {
      network.tokenLifetimeSeconds = ms / 1000
    },
    close: async () => network.close(),
  }
}
