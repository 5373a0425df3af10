import type { Directory } from '../directory.ts'
import { readOrigin } from '../read-origin.ts'
import type { WireFetch } from '../wire.ts'
import { type AddServiceOptions, type FakeService, originOfWebDid, ServiceHost } from './fake-service.ts'

export interface ServicesOptions {
  readonly directory: Directory
  readonly now: () => number
  /** The fetch of the server at a host. */
  readonly fetchFor: (host: string) => WireFetch
}

/** The services of a network, beside its PDSes: one an origin. */
export class Services {
  readonly #options: ServicesOptions
  readonly #hosts = new Map<string, ServiceHost>()
  #default: string | undefined

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  /** The reference of the one that gets what a PDS does not have. */
  get default(): string | undefined {
    return this.#default
  }

  at(origin: string): ServiceHost | undefined {
    return this.#hosts.get(origin)
  }

  /** @throws TypeError as `addService` of the network says */
  add(reference: string, options: AddServiceOptions): FakeService {
    const { did, serviceId, origin } = readReference(reference, options.origin)
    if (this.#hosts.has(origin)) throw new TypeError(`origin: expected one without a service, found ${origin}`)
    const { methods = {}, type = 'AtprotoService', isDefault = false } = options
    const { directory, now, fetchFor } = this.#options
    const service = new ServiceHost({ did, serviceId, origin, now, fetch: fetchFor(new URL(origin).host) })
    for (const [nsid, handler] of Object.entries(methods)) service.respond(nsid, handler)
    directory.addService(did, { id: `#${serviceId}`, type, serviceEndpoint: origin })
    this.#hosts.set(origin, service)
    if (isDefault) this.#default = reference
    return service
  }
}

function readReference(
  reference: string,
  given: string | undefined,
): { readonly did: string; readonly serviceId: string; readonly origin: string } {
  const [did = '', serviceId, ...more] = reference.split('#')
  const origin = given === undefined ? originOfWebDid(did) : readOrigin('origin', given)
  if (serviceId && more.length === 0 && origin !== undefined) return { did, serviceId, origin }
  throw new TypeError(`reference: expected did:web:api.example.com#api or an origin beside it, found ${reference}`)
}
