import type { JSONWebKeySet } from 'jose'
import type { WireFetch } from '../wire.ts'
import { checkDocumentUrl, parseLoopbackClient, rejectClient } from './client-ids.ts'
import { type ClientDocument, parseClientDocument, parseKeySet } from './client-metadata.ts'

/** As long as the reference server remembers a document that was right, and the keys that it points to. */
const MEMORY_MS = 600_000

/** What the authorization server knows of a client. */
export interface Client {
  readonly id: string
  readonly authMethod: 'none' | 'private_key_jwt'
  readonly redirectUris: readonly string[]
  readonly scope: readonly string[]
  readonly grantTypes: readonly string[]
  readonly jwks: JSONWebKeySet | undefined
}

export interface ClientsOptions {
  /** Fetches as the server does. */
  readonly fetch: WireFetch
  readonly now: () => number
}

/** The clients that one authorization server has heard of. */
export class Clients {
  readonly #options: ClientsOptions
  readonly #documents = new Map<string, { readonly value: ClientDocument; readonly readAt: number }>()
  readonly #keys = new Map<string, { readonly value: JSONWebKeySet; readonly readAt: number }>()

  constructor(options: ClientsOptions) {
    this.#options = options
  }

  /** Finds a client by its id: the loopback client by the id alone, any other by its document. */
  async find(id: string): Promise<Client> {
    const loopback = parseLoopbackClient(id)
    if (loopback) return loopback
    checkDocumentUrl(id)
    const document = await this.#recall(this.#documents, id, (json) => parseClientDocument(id, json))
    const keys = document.jwks_uri
    return {
      id,
      authMethod: document.token_endpoint_auth_method === 'none' ? 'none' : 'private_key_jwt',
      redirectUris: document.redirect_uris,
      scope: document.scope?.split(' ') ?? [],
      grantTypes: document.grant_types,
      jwks:
        keys === undefined
          ? document.jwks
          : await this.#recall(this.#keys, keys, (json) => parseKeySet(keys, json)),
    }
  }

  async #recall<T>(
    memory: Map<string, { readonly value: T; readonly readAt: number }>,
    url: string,
    parse: (json: unknown) => T,
  ): Promise<T> {
    const { fetch, now } = this.#options
    const known = memory.get(url)
    if (known && now() - known.readAt < MEMORY_MS) return known.value
    const value = parse(await fetchJson(url, fetch))
    memory.set(url, { value, readAt: now() })
    return value
  }
}

async function fetchJson(url: string, fetch: WireFetch): Promise<unknown> {
  try {
    const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error' })
    if (!response.ok) throw new Error(response.statusText || String(response.status))
    const type = response.headers.get('content-type')?.split(';')[0]?.trim()
    if (type !== 'application/json') throw new Error(`Unexpected response Content-Type (${type})`)
    return await response.json()
  } catch (cause) {
    throw rejectClient(`Unable to obtain "${url}": ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}
