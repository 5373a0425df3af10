import type { WireFetch } from '../wire.ts'
import { respondWith } from './method.ts'
import { verifyServiceToken } from './service-token.ts'
import { internalError, XrpcRefusal } from './xrpc-refusal.ts'

/** Who calls a service: an account, by the token that its PDS signed. */
export interface ServiceCaller {
  readonly did: string
}

/** Answers a method of a service: with a Response, or with what is its JSON. One that throws is a 500. */
export type ServiceHandler = (request: Request, caller: ServiceCaller) => unknown

/** What a service is. */
export interface AddServiceOptions {
  /** Its methods by NSID; more can be added with `respond`. */
  readonly methods?: Readonly<Record<string, ServiceHandler>>
  /** Its origin. @default the host of its did:web */
  readonly origin?: string
  /** The `type` of its entry in the DID document. @default 'AtprotoService' */
  readonly type?: string
  /** What a PDS does not have goes here without an `atproto-proxy` header too. @default false */
  readonly isDefault?: boolean
}

/** A service of the network, beside the PDS. */
export interface FakeService {
  readonly did: string
  readonly origin: string
  /** `did#serviceId`: what `atproto-proxy` names. */
  readonly reference: string
  /** Answers one more method, or another way. */
  respond(nsid: string, handler: ServiceHandler): void
}

export interface ServiceHostOptions {
  readonly did: string
  readonly serviceId: string
  readonly origin: string
  readonly now: () => number
  /** As the service. */
  readonly fetch: WireFetch
}

/** A service that lets in whoever shows a good service token, as the reference ones do. */
export class ServiceHost implements FakeService {
  readonly did: string
  readonly origin: string
  readonly reference: string
  readonly #options: ServiceHostOptions
  readonly #handlers = new Map<string, ServiceHandler>()

  constructor(options: ServiceHostOptions) {
    this.#options = options
    this.did = options.did
    this.origin = options.origin
    this.reference = `${options.did}#${options.serviceId}`
  }

  respond(nsid: string, handler: ServiceHandler): void {
    this.#handlers.set(nsid, handler)
  }

  /** Undefined for a path that is not of XRPC: the DID document is the directory's. */
  async handle(request: Request): Promise<Response | undefined> {
    const [, nsid] = /^\/xrpc\/(.+)$/.exec(new URL(request.url).pathname) ?? []
    if (nsid === undefined) return undefined
    try {
      const handler = this.#handlers.get(nsid)
      if (!handler) throw new XrpcRefusal(501, 'MethodNotImplemented', 'Method Not Implemented')
      const caller = await this.#verify(request, nsid)
      return await respondWith(handler(request, caller))
    } catch (error) {
      if (error instanceof XrpcRefusal) return error.toResponse()
      return internalError(`${this.did} threw in ${nsid}: ${String(error)}`).toResponse()
    }
  }

  async #verify(request: Request, method: string): Promise<ServiceCaller> {
    const [, token] = /^Bearer ([^ ]+)$/i.exec(request.headers.get('authorization') ?? '') ?? []
    if (token === undefined) throw new XrpcRefusal(401, 'MissingJwt', 'missing jwt')
    const { now, fetch } = this.#options
    const audiences = [this.did, this.reference]
    const { iss = '' } = await verifyServiceToken(token, { audiences, method, now: now(), fetch })
    return { did: iss }
  }
}

/** The origin that a `did:web` stands for; undefined for any other DID. */
export function originOfWebDid(did: string): string | undefined {
  const [, host] = /^did:web:([^:#]+)$/.exec(did) ?? []
  return host === undefined ? undefined : `https://${decodeURIComponent(host)}`
}
