import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { envToCfg, envToSecrets, PDS } from '@atproto/pds'
import { keepOnLoopback, portOf } from './loopback.ts'

export interface PdsOptions {
  /** Where clients reach the PDS. */
  publicUrl: string
  plcUrl: string
  /** Where the PDS keeps its data. */
  folder: string
}

/** A PDS with its own authorization server, and the parts of it that a test turns. */
export class Pds {
  readonly port: number
  readonly #context: PDS['ctx']

  private constructor(port: number, context: PDS['ctx']) {
    this.port = port
    this.#context = context
  }

  static async start(options: PdsOptions): Promise<Pds> {
    const environment = describePds(options)
    const config = envToCfg(environment)
    // The environment can only say that it is reached at its own port or at an https host.
    config.service.publicUrl = options.publicUrl
    config.oauth.issuer = options.publicUrl
    const pds = await PDS.create(config, envToSecrets(environment))
    keepOnLoopback(pds.app)
    resolveOwnHandles(pds.ctx)
    return new Pds(portOf(await pds.start()), pds.ctx)
  }

  async createAccount(handle: string, password: string): Promise<string> {
    const response = await fetch(`http://localhost:${this.port}/xrpc/com.atproto.server.createAccount`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ handle, password, email: `${handle}@mail.com` }),
    })
    if (!response.ok) throw new Error(`${handle} was not created: ${response.status} ${await response.text()}`)
    const { did }: { did: string } = await response.json()
    return did
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
}

function describePds({ plcUrl, folder }: PdsOptions): Record<string, unknown> {
  return {
    devMode: true,
    disableSsrfProtection: true,
    hostname: 'localhost',
    serviceName: 'Test PDS',
    serviceHandleDomains: ['.test'],
    inviteRequired: false,
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
