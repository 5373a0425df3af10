import type { Clock, OAuthClientOptions } from 'atproof'
import { type Fault as FakeFault, type FakeNetwork, fakeNetwork, type LogEntry, testClock } from 'atproof/testing'
import type { Browser, Page } from 'playwright-core'
import { setTimeout as pause } from 'node:timers/promises'
import { type Decision, decide, launchChromium, submitPassword } from './browser.ts'
import { openFakeWorld } from './contract/fake-world.ts'
import { openRealWorld } from './contract/real-world.ts'
import type { ContractWorld, Person } from './contract/world.ts'
import { ensureChromium } from './install.ts'
import type { AddedPds, Fault, NewPds } from './network/commands.ts'
import { type RealNetwork, startNetwork } from './network/start.ts'

/** A network that an app of ours is on, the fake one or the real one. */
export interface World extends ContractWorld {
  /** What leads an app here. */
  readonly clientOptions: Pick<
    OAuthClientOptions,
    'plcDirectory' | 'handleResolver' | 'resolveTxt' | 'allowLoopback'
  >
  /** The app's own clock. */
  newClock(): SkippingClock
  /** Arms a fault for the next request that it matches. */
  fail(fault: Fault): Promise<void>
  /**
   * One more PDS: with an authorization server of its own, or behind the first one's, which is its entryway then. An app
   * that is to reach it is opened after.
   */
  addPds(place: NewPds): Promise<AddedPds>
  /** Moves a person's account to another PDS. */
  move(person: Person, pds: string): Promise<void>
  /** Puts all clocks forward, the servers' and the apps'. */
  skip(ms: number): Promise<void>
}

/** A clock that can be put forward: the servers' clocks stay right. */
export interface SkippingClock extends Clock {
  skip(ms: number): Promise<void>
}

/** The fake network, and all that it can be told. */
export interface FakeWorld extends World {
  readonly network: FakeNetwork
}

/** The real network and a real browser, in which its people decide. */
export interface RealWorld extends World {
  readonly network: RealNetwork
  readonly browser: Browser
}

/** Two of those that the reference server has. The fake network's are on all of its PDSes. */
const RATE_LIMITS: readonly Parameters<FakeNetwork['rateLimit']>[0][] = [
  { limit: 3000, windowSeconds: 300 },
  { nsid: 'com.atproto.server.createSession', limit: 30, windowSeconds: 300 },
]

/** Both networks, each by its name: `describe.each(APP_WORLDS)`. */
export const APP_WORLDS: readonly (readonly [name: string, open: () => Promise<World>])[] = [
  ['the fake network', openFakeNetwork],
  ['the real network', openRealNetwork],
]

/** The fake network. Its people decide without a page. */
export async function openFakeNetwork(): Promise<FakeWorld> {
  const network = fakeNetwork({ clock: testClock({ autoAdvance: true }) })
  const { resolveTxt, allowLoopback, clock } = network.clientOptions
  let added = 0
  return {
    ...(await openFakeWorld(network)),
    network,
    clientOptions: { resolveTxt, allowLoopback },
    newClock: () => ({ ...clock, skip: (ms) => network.clock.advance(ms) }),
    async fail(fault) {
      network.fault(asFakeFault(fault))
    },
    async addPds(place) {
      const at = `https://pds${++added}.example.net`
      const isOwn = place.issuer === 'own'
      const { origin: pds, issuer } = network.addPds(at, { issuer: isOwn ? at : network.issuer })
      if (isOwn && place.limitsRates) for (const limit of RATE_LIMITS) network.rateLimit(limit)
      return { pds, issuer }
    },
    async move({ did }, pds) {
      const account = network.account(did)
      if (!account) throw new Error(`no account ${did}`)
      account.moveTo(pds)
    },
    skip: (ms) => network.clock.advance(ms),
  }
}

/** The same fault in the words of the fake network. */
function asFakeFault({ path, times = 1, method, ...fault }: Fault): FakeFault {
  const target = {
    path,
    times,
    ...(method !== undefined && { when: (entry: LogEntry) => entry.method === method }),
  }
  switch (fault.kind) {
    case 'lose-request':
      return { ...target, lose: 'request' }
    case 'lose-answer':
      return { ...target, lose: 'answer', skipChallenges: fault.onlyStatus !== undefined }
    case 'delay':
      return { ...target, delay: 'request', ms: fault.ms }
    case 'delay-answer':
      return { ...target, delay: 'answer', ms: fault.ms, skipChallenges: fault.onlyStatus !== undefined }
    case 'status': {
      const { status, body, headers } = fault
      return { ...target, status, ...(body !== undefined && { body }), ...(headers && { headers }) }
    }
  }
}

/** The real network. Its people decide on the real page, in a real Chromium. */
export async function openRealNetwork(): Promise<RealWorld> {
  const network = await startNetwork()
  const browser = await launchChromium(await ensureChromium())
  const world = await openRealWorld(network)
  const origins = [network.pds, network.plc]
  let aheadMs = 0
  return {
    ...world,
    network,
    browser,
    get clientOptions() {
      return { plcDirectory: network.plc, handleResolver: network.pds, allowLoopback: [...origins] }
    },
    now: () => world.now() + aheadMs,
    newClock: () => skippingClock(() => aheadMs),
    fail: (fault) => network.fail(fault),
    async addPds(place) {
      const added = await network.addPds(place)
      origins.push(added.pds)
      return added
    },
    move: ({ did, handle, password }, pds) => network.moveAccount({ did, handle, password }, pds),
    async skip(ms) {
      await network.skipTime(ms)
      aheadMs += ms
    },
    async newPerson(place) {
      const person = await world.newPerson(place)
      return {
        ...person,
        approve: (url) => visit(browser, url, decides(person, 'Authorize')),
        deny: (url) => visit(browser, url, decides(person, 'Deny access')),
      }
    },
    async close() {
      await browser.close()
      await world.close()
    },
  }
}

/** Opens the consent page, lets the person act on it, and gives the URL that it returns to. */
export async function visit(browser: Browser, url: string, act: (page: Page) => Promise<void>): Promise<string> {
  const page = await browser.newPage({ locale: 'en-US' })
  try {
    const returned = Promise.withResolvers<string>()
    // By the request, since a redirect is not always routed: somebody may listen at that port.
    page.on('request', (request) => {
      if (/\/callback\?/.test(request.url())) returned.resolve(request.url())
    })
    await page.route(/\/callback\?/, (route) => route.fulfill({ body: 'back in the app' }))
    await page.goto(url)
    await act(page)
    return await returned.promise
  } finally {
    await page.close()
  }
}

/** The person signs in on the page and decides. */
function decides({ handle: username, password }: Person, decision: Decision): (page: Page) => Promise<void> {
  return async (page) => {
    await submitPassword(page, { username, password })
    await decide(page, decision)
  }
}

/** Real time, as far ahead as the servers', and a monotonic one that can be put forward. */
function skippingClock(aheadMs: () => number): SkippingClock {
  let skipped = 0
  return {
    now: () => Date.now() + aheadMs(),
    monotonic: () => performance.now() + aheadMs() + skipped,
    sleep: (ms, signal) => pause(ms, undefined, signal ? { signal } : {}),
    async skip(ms) {
      skipped += ms
    },
  }
}
