import type { SigningKeys } from '../signing-keys.ts'
import type { WireFetch } from '../wire.ts'
import { answerJson } from './answer-json.ts'
import type { Call } from './call.ts'
import { type DidResolver, findService } from './did-resolver.ts'
import { signServiceToken } from './service-token.ts'
import { internalError, invalidRequest, invalidToken, XrpcRefusal } from './xrpc-refusal.ts'
import { PROTECTED_METHODS } from './server-methods.ts'

const FORWARDED: ReadonlySet<string> = new Set([
  'accept-encoding',
  'accept-language',
  'atproto-accept-labelers',
  'x-bsky-topics',
])
const RETURNED = [
  'content-type',
  'content-language',
  'atproto-repo-rev',
  'atproto-content-labelers',
  'retry-after',
]
/** Methods that a production PDS has, or passes on to its appview, and that the fake network leaves to `respond`. */
const KNOWN_ELSEWHERE = /^(?:app\.bsky|chat\.bsky|com\.atproto|tools\.ozone)\./
/** What an answer without a name of its own is called. */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  401: 'AuthenticationRequired',
  403: 'Forbidden',
  404: 'XRPCNotSupported',
  413: 'PayloadTooLarge',
  429: 'RateLimitExceeded',
  501: 'MethodNotImplemented',
  502: 'UpstreamFailure',
  503: 'NotEnoughResources',
  504: 'UpstreamTimeout',
}

interface Target {
  readonly did: string
  readonly serviceId: string
  readonly origin: string
}

export interface ProxyOptions {
  /** As the PDS. */
  readonly fetch: WireFetch
  readonly now: () => number
  readonly dids: DidResolver
  readonly keys: SigningKeys
  /** `did#serviceId` of the service for whatever the PDS does not have, where there is one. */
  readonly findDefault: () => string | undefined
}

/** Passes calls on to other services, in the name of an account. */
export class Proxy {
  readonly #options: ProxyOptions

  constructor(options: ProxyOptions) {
    this.#options = options
  }

  /** Any method that the PDS does not have itself. @throws XrpcRefusal for a bad header, caller, or service */
  async pass(call: Call): Promise<Response> {
    const { nsid, request } = call
    if (!['GET', 'HEAD', 'POST'].includes(request.method)) {
      throw invalidRequest('XRPC requests only supports GET and POST')
    }
    const reference = request.headers.get('atproto-proxy') || this.#options.findDefault()
    if (reference === undefined) throw notConfigured(nsid)
    if (PROTECTED_METHODS.has(nsid)) throw invalidToken('Bad token method')
    const target = await this.#find(reference)
    const caller = await call.account()
    caller.permissions.requireRpc(nsid, `${target.did}#${target.serviceId}`)
    const { keys, now } = this.#options
    // The audience is the DID alone, as the reference server still has it.
    const facts = { iss: caller.did, aud: target.did, lxm: nsid }
    return this.#forward(request, target, await signServiceToken(await keys.of(caller.did), now(), facts))
  }

  async #find(reference: string): Promise<Target> {
    const { did, serviceId } = parseReference(reference)
    const document = await this.#options.dids.resolve(did).catch(() => {
      // The reference server is not prepared for a DID that cannot be looked up.
      throw internalError()
    })
    if (!document) throw invalidRequest('could not resolve proxy did')
    const origin = findService(document, serviceId)
    if (origin === undefined) throw invalidRequest('could not resolve proxy did service url')
    return { did, serviceId, origin }
  }

  async #forward(request: Request, { origin }: Target, token: string): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    const hasBody = request.method === 'POST'
    const headers = new Headers({ authorization: `Bearer ${token}` })
    for (const [name, value] of request.headers) {
      const isOfBody = name === 'content-type' || name === 'content-encoding'
      if (FORWARDED.has(name) || name.startsWith('x-atproto-') || (hasBody && isOfBody)) headers.set(name, value)
    }
    const init = { method: request.method, headers, redirect: 'manual' } as const
    const body = hasBody ? { body: await request.arrayBuffer() } : {}
    const response = await this.#options
      .fetch(new URL(pathname + search, origin), { ...init, ...body })
      .catch(() => {
        throw new XrpcRefusal(502, 'UpstreamFailure', 'Upstream service unreachable')
      })
    return response.status < 400 ? relay(response) : relayError(response)
  }
}

function parseReference(reference: string): { readonly did: string; readonly serviceId: string } {
  const [did = '', serviceId, ...more] = reference.split('#')
  if (did === '') throw invalidRequest('no did specified in proxy header')
  if (!serviceId && more.length === 0) throw invalidRequest('no service id specified in proxy header')
  if (more.length > 0 || serviceId === undefined) throw invalidRequest('invalid proxy header format')
  if (reference.includes(' ')) throw invalidRequest('proxy header cannot contain spaces')
  return { did, serviceId }
}

function notConfigured(nsid: string): XrpcRefusal {
  if (!KNOWN_ELSEWHERE.test(nsid)) return invalidRequest(`No service configured for ${nsid}`)
  const message = `The fake network has no ${nsid}: network.respond('${nsid}', …) answers it, or network.addService`
  return new XrpcRefusal(501, 'MethodNotImplemented', message)
}

function relay(response: Response): Response {
  const headers = new Headers()
  for (const name of RETURNED) {
    const value = response.headers.get(name)
    if (value !== null) headers.set(name, value)
  }
  return new Response(response.body, { status: response.status, headers })
}

async function relayError(response: Response): Promise<Response> {
  const status = response.status === 500 ? 502 : response.status
  const fallback = ERROR_NAMES[status] ?? (status < 500 ? 'InvalidRequest' : 'InternalServerError')
  const payload: unknown = await response.json().catch(() => undefined)
  const { error = fallback, message = fallback } = (payload ?? {}) as { error?: unknown; message?: unknown }
  // The reference server keeps all headers of an error for itself, how long to wait among them.
  return answerJson({ error, message }, status)
}
