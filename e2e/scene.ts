import {
  type AtproofEvent,
  memoryStorage,
  OAuthClient,
  type OAuthClientOptions,
  type Storage,
  type XrpcClient,
} from 'atproof'
import type { Browser, Page } from 'playwright-core'
import { type Decision, decide, launchChromium, submitPassword } from './browser.ts'
import { ensureChromium } from './install.ts'
import type { Account } from './network/commands.ts'
import { type RealNetwork, startNetwork } from './network/start.ts'

const REDIRECT_URI = 'http://127.0.0.1:8080/callback'

/** A request that left our client. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly status: number
  /** The `error` of an OAuth response. */
  readonly error: string | undefined
  readonly proof: string | undefined
}

/** The real network and a real browser, for one test file. */
export interface World {
  readonly network: RealNetwork
  readonly browser: Browser
  /** Makes an account with a name of its own. */
  newAccount(): Promise<Account>
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const network = await startNetwork()
  const browser = await launchChromium(await ensureChromium())
  let accounts = 0
  return {
    network,
    browser,
    newAccount: () => network.createAccount({ handle: `alice${++accounts}.test`, password: 'correct horse' }),
    async close() {
      await browser.close()
      await network.close()
    },
  }
}

/** An app of ours on the real network. */
export interface App {
  readonly oauth: OAuthClient
  readonly storage: Storage
  readonly sent: Sent[]
  readonly events: AtproofEvent[]
  /** Token requests that got past the nonce. */
  tokenRequests(): readonly Sent[]
}

/** Sets up a client of the network: the loopback one unless told otherwise. */
export function openApp({ network }: World, options: Partial<OAuthClientOptions> = {}): App {
  const storage = options.storage ?? memoryStorage()
  const sent: Sent[] = []
  const events: AtproofEvent[] = []
  const oauth = new OAuthClient({
    redirectUri: REDIRECT_URI,
    scope: 'atproto transition:generic',
    storage,
    plcDirectory: network.plc,
    handleResolver: network.pds,
    allowLoopback: [network.pds, network.plc],
    onEvent: (event) => events.push(event),
    ...options,
    async fetch(url, init) {
      const proof = new Headers(init.headers).get('dpop') ?? undefined
      const entry = { method: init.method ?? 'GET', path: new URL(url).pathname, proof }
      try {
        const response = await fetch(url, init)
        sent.push({ ...entry, status: response.status, error: await errorOf(response) })
        return response
      } catch (error) {
        sent.push({ ...entry, status: 0, error: undefined })
        throw error
      }
    },
  })
  const tokenRequests = () =>
    sent.filter(({ path, error }) => path === '/oauth/token' && error !== 'use_dpop_nonce')
  return { oauth, storage, sent, events, tokenRequests }
}

async function errorOf(response: Response): Promise<string | undefined> {
  if (response.status !== 400 && response.status !== 401) return undefined
  const body: unknown = await response.clone().json()
  const { error } = body as { error?: string }
  return error
}

/** Opens the consent page, lets the person act on it, and gives the URL that it returns to. */
export async function visit({ browser }: World, url: string, act: (page: Page) => Promise<void>): Promise<string> {
  const page = await browser.newPage({ locale: 'en-US' })
  try {
    const returned = Promise.withResolvers<string>()
    await page.route(/\/callback\?/, async (route) => {
      returned.resolve(route.request().url())
      await route.fulfill({ body: 'back in the app' })
    })
    await page.goto(url)
    await act(page)
    return await returned.promise
  } finally {
    await page.close()
  }
}

/** The person signs in on the page and decides. */
export function decides(
  { handle: username, password }: Account,
  decision: Decision,
): (page: Page) => Promise<void> {
  return async (page) => {
    await submitPassword(page, { username, password })
    await decide(page, decision)
  }
}

/** Signs an account in, from its identifier to its client. */
export async function signIn(
  world: World,
  { oauth }: App,
  account: Account,
  identifier = account.handle,
): Promise<XrpcClient> {
  const { url, context } = await oauth.authorize(identifier)
  const callbackUrl = await visit(world, url, decides(account, 'Authorize'))
  return (await oauth.callback(callbackUrl, { context })).client
}
