import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { approve, Browser, type Decision } from '../network/consent.ts'
import { listenOnLoopback } from '../network/loopback.ts'
import { type RealNetwork, startNetwork } from '../network/start.ts'
import type { ContractWorld, Person } from './world.ts'

const APP = 'https://app.atproof.internal'

/** The real network, as the contract suite sees it. Its people have a browser each, without a window. */
export async function openRealWorld(given?: RealNetwork): Promise<ContractWorld> {
  const network = given ?? (await startNetwork())
  const documents = new Map<string, unknown>()
  const app = createServer((request, response) => {
    const document = documents.get(request.url ?? '')
    response.writeHead(document === undefined ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(document ?? { error: 'NotFound' }))
  })
  await network.mapOrigin(APP, `http://127.0.0.1:${await listenOnLoopback(app)}`)
  let people = 0
  return {
    fetch: (input, init) => fetch(input, init),
    pds: network.pds,
    issuer: network.pds,
    plc: network.plc,
    now: () => Date.now(),
    pass: (ms) => pause(ms),
    async newPerson(): Promise<Person> {
      const person = { handle: `person${++people}.test`, password: 'correct horse battery staple' }
      const { did } = await network.createAccount(person)
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
    async publish(path, json) {
      documents.set(path, json)
      return APP + path
    },
    invalidateNonces: () => network.invalidateNonces(),
    revokeSessions: (did) => network.revokeSessions(did),
    takeDown: (did) => network.takeDown(did),
    async close() {
      await network.close()
      app.close()
      app.closeAllConnections()
    },
  }
}
