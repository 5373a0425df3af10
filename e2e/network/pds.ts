import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { envToCfg, envToSecrets, PDS } from '@atproto/pds'
import { keepOnLoopback, portOf } from './loopback.ts'
import { Pages } from './pages.ts'

export interface PdsOptions {
  /** Where clients reach the PDS. */
  publicUrl: string
  plcUrl: string
  /** Where the PDS keeps its data. */
  folder: string
  /** What the PDS is called in tokens: nobody looks it up. */
  did: string
  /** Whether it limits how often it is called, as one in production does. @default false */
  limitsRates?: boolean
}

interface CallOptions {
  /** An access token of a password session, or one for service auth. */
  token?: string
  params?: Record<string, string>
  /** JSON, or the bytes of a repository. */
  input?: object
  /** @default that which an input asks for */
  method?: 'GET' | 'POST'
}

type Environment = Record<string, unknown>

interface Running {
  port: number
  pages: Pages
  environment: Environment
  context: PDS['ctx']
}

/** A PDS, and the parts of it that a test turns. */
export class Pds {
  readonly did: string
  readonly port: number
  /** Whose tokens it takes. */
  readonly issuer: string
  /** What it serves in the place of its own pages. */
  readonly pages: Pages
  readonly #environment: Environment
  readonly #context: PDS['ctx']

  private constructor({ port, pages, environment, context }: Running) {
    this.port = port
    this.did = context.cfg.service.did
    this.issuer = context.cfg.oauth.issuer
    this.pages = pages
    this.#environment = environment
    this.#context = context
  }

  /** Starts a PDS with its own authorization server. */
  static async start(options: PdsOptions): Promise<Pds> {
    const { publicUrl } = options
    return new Pds(await run(describePds(options), { publicUrl, issuer: publicUrl }))
  }

  /**
   * Starts one more PDS over this one's accounts, which takes the tokens of this one's authorization server: two
   * machines of one operator. They hand out DPoP nonces of their own each.
   */
  async startSibling(publicUrl: string): Promise<Pds> {
    return new Pds(await run(this.#environment, { publicUrl, issuer: this.issuer }))
  }

  async createAccount(handle: string, password: string): Promise<string> {
    const { did } = await this.call<{ did: string }>('com.atproto.server.createAccount', {
      input: { handle, password, email: `${handle}@mail.com` },
    })
    return did
  }

  /** Calls a method past the gate: what the network does itself is not in its log, and meets no fault. */
  async call<Output>(nsid: string, options: CallOptions = {}): Promise<Output> {
    const text = await (await this.#send(nsid, options)).text()
    return JSON.parse(text || '{}')
  }

  async download(nsid: string, params: Record<string, string>): Promise<Uint8Array> {
    return (await this.#send(nsid, { params })).bytes()
  }

  /** The token that is mailed to who wants to change their DID document. */
  createPlcToken(did: string): Promise<string> {
    return this.#context.accountManager.createEmailToken(did, 'plc_operation')
  }

  /** Has the DID document of one of its accounts name another PDS. */
  pointTo(did: string, pdsUrl: string): Promise<void> {
    const { plcClient, plcRotationKey } = this.#context
    return plcClient.updatePds(did, plcRotationKey, pdsUrl)
  }

  /** What the document of its authorization server says, once it also guards another PDS. */
  listResource(origin: string): object {
    const { metadata } = this.#context.oauthProvider
    metadata.protected_resources?.push(origin)
    return metadata
  }

  renewNonces(): void {
    const { dpopManager } = this.#context.oauthProvider
    // The class of the nonces in use, which its package does not export; without arguments it draws a new secret.
    dpopManager.dpopNonce = Reflect.construct(dpopManager.dpopNonce.constructor, [])
  }

  async revokeSessions(did: string): Promise<void> {
    const { tokenManager } = this.#context.oauthProvider
    const sessions = await tokenManager.listAccountTokens(did)
    await Promise.all(sessions.map((session) => tokenManager.deleteToken(session.id)))
  }

  takeDown(did: string): Promise<void> {
    return this.#context.accountManager.takedownAccount(did, { applied: true, ref: 'a test' })
  }

  setAccessTokenLifetime(ms: number): void {
    this.#context.oauthProvider.tokenManager.tokenMaxAge = ms
  }

  async #send(nsid: string, { token, params, input, method }: CallOptions): Promise<Response> {
    const isBytes = input instanceof Uint8Array
    const type = isBytes ? 'application/vnd.ipld.car' : 'application/json'
    const response = await fetch(`http://localhost:${this.port}/xrpc/${nsid}?${new URLSearchParams(params)}`, {
      method: method ?? (input ? 'POST' : 'GET'),
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...(input && { 'content-type': type }) },
      ...(input && { body: isBytes ? new Uint8Array(input) : JSON.stringify(input) }),
    })
    if (!response.ok) throw new Error(`${nsid} answered ${response.status} ${await response.text()}`)
    return response
  }
}

async function run(environment: Environment, places: { publicUrl: string; issuer: string }): Promise<Running> {
  const config = envToCfg(environment)
  // The environment can only say that it is reached at its own port or at an https host.
  config.service.publicUrl = places.publicUrl
  config.oauth.issuer = places.issuer
  const pds = await PDS.create(config, envToSecrets(environment))
  const pages = new Pages()
  keepOnLoopback(pds.app, pages.before(pds.app))
  resolveOwnHandles(pds.ctx)
  return { port: portOf(await pds.start()), pages, environment, context: pds.ctx }
}

function describePds({ plcUrl, folder, did, limitsRates = false }: PdsOptions): Environment {
  return {
    devMode: true,
    disableSsrfProtection: true,
    hostname: 'localhost',
    serviceDid: did,
    serviceName: 'Test PDS',
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
    rateLimitsEnabled: limitsRates,
    dataDirectory: folder,
    blobstoreDiskLocation: join(folder, 'blobs'),
    didPlcUrl: plcUrl,
    plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    adminPassword: randomBytes(16).toString('hex'),
    jwtSecret: randomBytes(16).toString('hex'),
  }
}

/** No DNS knows handles under `.test`, so the PDS looks up its own accounts. */
function resolveOwnHandles({ idResolver, accountManager }: PDS['ctx']): void {
  idResolver.handle.resolve = async (handle) => (await accountManager.getAccount(handle))?.did
}
