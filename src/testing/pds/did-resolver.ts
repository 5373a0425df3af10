import type { DidDocument } from '../did-document.ts'
import type { WireFetch } from '../wire.ts'

/** Fetches DID documents over the network, as the server that asks. Keeps none. */
export class DidResolver {
  readonly #fetch: WireFetch

  constructor(fetch: WireFetch) {
    this.#fetch = fetch
  }

  /** Undefined where nobody has the DID. Throws where it cannot be found out. */
  async resolve(did: string): Promise<DidDocument | undefined> {
    const url = locate(did)
    const response = await this.#fetch(url, { redirect: 'error' })
    const isPlc = did.startsWith('did:plc:')
    if (isPlc && (response.status === 404 || response.status === 410)) return undefined
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    const document: DidDocument = await response.json()
    if (document.id !== did) throw new Error(`${url} is of ${document.id}`)
    return document
  }
}

function locate(did: string): string {
  const [, method, id = ''] = did.split(':')
  if (method === 'plc') return `https://plc.directory/${did}`
  if (method === 'web') return `https://${decodeURIComponent(id)}/.well-known/did.json`
  throw new Error(`${did} is of a method that nobody here resolves`)
}

/** The origin of a service that a DID document names, by `#id` or `did#id`. */
export function findService(document: DidDocument, id: string): string | undefined {
  const service = document.service?.find((each) => each.id === `#${id}` || each.id === `${document.id}#${id}`)
  return service?.serviceEndpoint
}

/** The key that an account signs with, as its DID document shows it. */
export function findSigningKey(document: DidDocument): string | undefined {
  return document.verificationMethod?.find(({ id }) => id.endsWith('#atproto'))?.publicKeyMultibase
}
