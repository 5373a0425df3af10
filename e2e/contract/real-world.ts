import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { approve, Browser, type Decision } from '../network/consent.ts'
import { listenOnLoopback } from '../network/loopback.ts'
import { type RealNetwork, startNetwork } from '../network/start.ts'
import { APP, AppHost } from './app-host.ts'
import type { ContractWorld, Person } from './world.ts'

/** The real network, as the contract suite sees it. Its people have a browser each, without a window. */
export async function openRealWorld(given?: RealNetwork): Promise<ContractWorld> {
  const network = given ?? (await startNetwork())
  const host = new AppHost()
  const app = createServer(({ url = '/' }, response) => {
    const { status, headers, body } = host.answer(url)
    response.writeHead(status, headers).end(body)
  })
  await network.mapOrigin(APP, `http://127.0.0.1:${await listenOnLoopback(app)}`)
  let people = 0
  return {
    kind: 'real',
    fetch: (input, init) => fetch(input, init),
    pds: network.pds,
    issuer: network.pds,
    plc: network.plc,
    now: () => Date.now(),
    pass: (ms) => pause(ms),
    async newPerson(place): Promise<Person> {
      const person = { handle: `person${++people}.test`, password: 'correct horse battery staple' }
      const { did } = await network.createAccount({ ...person, ...place })
      const browser = new Browser()
      const decide = async (url: string, decision: Pick<Decision, 'decision' | 'scope'>) =>
        (await approve(url, { username: person.handle, password: person.password, ...decision }, browser)).href
      return {
        did,
        ...person,
        approve: (url, options = {}) => decide(url, { decision: 'accept', ...options }),
        deny: (url) => decide(url, { decision: 'reject' }),
      }
    },
    publish: async (path, json, options) => host.publish(path, json, options),
    invalidateNonces: () => network.invalidateNonces(),
    revokeSessions: (did) => network.revokeSessions(did),
    takeDown: (did) => network.takeDown(did),
    setAccessTokenLifetime: (ms) => network.setAccessTokenLifetime(ms),
    async close() {
      await network.close()
      app.close()
      app.closeAllConnections()
    },
  }
}
