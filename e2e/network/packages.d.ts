// What the network uses of its packages. Declared here, so that types check before the packages are installed,
// and because the provider's token lifetime and nonces are not public.

declare module '@did-plc/server' {
  import type { RequestListener, Server } from 'node:http'

  interface PlcServer {
    readonly app: RequestListener & { listen(port: number, listening?: () => void): Server }
    start(): Promise<Server>
  }

  // CommonJS, whose only export that Node can see is the default one.
  const plc: {
    PlcServer: { create(options: { db: object }): PlcServer }
    Database: { mock(): object }
  }
  export default plc
}

declare module '@atproto/pds' {
  import type { RequestListener, Server } from 'node:http'

  interface Config {
    service: { publicUrl: string; did: string }
    oauth: { issuer: string }
  }

  interface Context {
    cfg: Config
    oauthProvider: {
      metadata: { protected_resources?: string[] }
      tokenManager: {
        tokenMaxAge: number
        listAccountTokens(did: string): Promise<{ id: string }[]>
        deleteToken(id: string): Promise<void>
      }
      dpopManager: { dpopNonce: object }
    }
    idResolver: { handle: { resolve(handle: string): Promise<string | undefined> } }
    accountManager: {
      getAccount(handle: string): Promise<{ did: string } | null>
      takedownAccount(did: string, takedown: { applied: boolean; ref?: string }): Promise<void>
      createEmailToken(did: string, purpose: 'plc_operation'): Promise<string>
    }
    plcRotationKey: object
    plcClient: { updatePds(did: string, rotationKey: object, endpoint: string): Promise<void> }
  }

  export class PDS {
    static create(config: Config, secrets: object): Promise<PDS>
    readonly app: RequestListener & { listen(port: number, listening?: () => void): Server }
    readonly ctx: Context
    start(): Promise<Server>
  }

  export function envToCfg(environment: Record<string, unknown>): Config
  export function envToSecrets(environment: Record<string, unknown>): object
}
