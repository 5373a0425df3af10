import type { ServerSessions } from '../authorization-server/server-sessions.ts'
import type { Directory } from '../directory.ts'
import type { ProofChecker } from '../proofs.ts'
import { type Json, protectedResourceMetadata } from '../server-metadata.ts'
import type { SigningKeys } from '../signing-keys.ts'
import type { WireFetch } from '../wire.ts'
import { Accounts } from './accounts.ts'
import { Authentication } from './authentication.ts'
import { blobMethods } from './blob-methods.ts'
import { Call } from './call.ts'
import { answerJson } from './answer-json.ts'
import { answerPreflight, finishAnswer } from './cors.ts'
import { DidResolver } from './did-resolver.ts'
import { type MethodHandler, type Methods, respondWith } from './method.ts'
import { PasswordSessions } from './password-sessions.ts'
import { Proxy } from './proxy.ts'
import type { RateLimits } from './rate-limits.ts'
import { repoMethods } from './repo-methods.ts'
import { repoQueries } from './repo-queries.ts'
import type { Repositories } from './repositories.ts'
import { serverMethods } from './server-methods.ts'
import { sessionMethods } from './session-methods.ts'
import { internalError, invalidRequest, XrpcRefusal } from './xrpc-refusal.ts'

/** What a PDS is made of. What several of them share comes from outside. */
export interface PdsOptions {
  readonly origin: string
  readonly issuer: string
  readonly proofs: ProofChecker
  /** Those of its authorization server. */
  readonly sessions: ServerSessions
  readonly directory: Directory
  readonly repositories: Repositories
  readonly keys: SigningKeys
  readonly limits: RateLimits
  /** The servers' clock, in ms since the epoch. */
  readonly now: () => number
  /** As this server. */
  readonly fetch: WireFetch
  /** The methods that a test answers, by NSID. They come before our own. */
  readonly handlers: ReadonlyMap<string, MethodHandler>
  /** `did#serviceId` of the service for what the PDS does not have, where there is one. */
  readonly findDefaultService: () => string | undefined
}

/** A PDS: its metadata, and XRPC for whoever holds a token. */
export class Pds {
  readonly origin: string
  readonly issuer: string
  readonly metadata: Json
  readonly #options: PdsOptions
  readonly #methods: Methods
  readonly #authentication: Authentication
  readonly #passwords: PasswordSessions
  readonly #proxy: Proxy

  constructor(options: PdsOptions) {
    const { origin, issuer, directory, repositories, keys, now, fetch, findDefaultService } = options
    this.#options = options
    this.origin = origin
    this.issuer = issuer
    this.metadata = protectedResourceMetadata(origin, issuer)
    const did = `did:web:${encodeURIComponent(new URL(origin).host)}`
    const accounts = new Accounts(directory)
    const dids = new DidResolver(fetch)
    const passwords = new PasswordSessions(did, now)
    this.#passwords = passwords
    this.#authentication = new Authentication({ ...options, passwords })
    this.#proxy = new Proxy({ fetch, now, dids, keys, findDefault: findDefaultService })
    this.#methods = {
      ...sessionMethods({ origin, accounts, passwords }),
      ...serverMethods({ did, now, accounts, keys }),
      ...repoMethods({ accounts, repositories }),
      ...repoQueries({ accounts, repositories, dids }),
      ...blobMethods({ accounts, repositories }),
    }
  }

  async handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    const preflight = answerPreflight(request)
    if (preflight) return preflight
    if (pathname === '/.well-known/oauth-protected-resource') return finishAnswer(answerJson(this.metadata))
    if (pathname === '/xrpc/_health') return finishAnswer(answerJson({ version: 'fake' }))
    if (!pathname.startsWith('/xrpc/')) return new Response('Not Found', { status: 404 })
    const nsid = pathname.slice('/xrpc/'.length).replace(/\/.*$/s, '')
    const call = new Call(nsid, request, { authentication: this.#authentication, limits: this.#options.limits })
    const answer = await this.#answer(call)
    this.#authentication.renewNonce(call.headers)
    return finishAnswer(answer, call.headers)
  }

  /** Ends the password sessions of an account; its access tokens live to their end. */
  revokePasswordSessions(did: string): void {
    this.#passwords.revokeAll(did)
  }

  async #answer(call: Call): Promise<Response> {
    try {
      const handler = this.#options.handlers.get(call.nsid)
      return handler ? await this.#askHandler(call, handler) : await this.#call(call)
    } catch (error) {
      if (error instanceof XrpcRefusal) return error.toResponse()
      // As a server does: whatever went wrong inside, its caller gets an answer.
      return internalError(`${call.nsid}: ${String(error)}`).toResponse()
    }
  }

  /** Whoever shows a token of ours is known to a handler; any other caller is nobody to it. */
  async #askHandler(call: Call, handler: MethodHandler): Promise<Response> {
    const caller = await call.anyone()
    try {
      return await respondWith(handler(call.request, caller && publicFacts(caller)))
    } catch (error) {
      if (error instanceof XrpcRefusal) throw error
      throw internalError(`the handler of ${call.nsid} threw: ${String(error)}`)
    }
  }

  async #call(call: Call): Promise<Response> {
    const { nsid, request } = call
    if (nsid === '') throw invalidRequest('invalid xrpc path')
    const method = Object.hasOwn(this.#methods, nsid) ? this.#methods[nsid] : undefined
    if (!method) return this.#proxy.pass(call)
    const verb = request.method === 'HEAD' ? 'GET' : request.method
    if (verb !== 'GET' && verb !== 'POST') throw invalidRequest('XRPC requests only supports GET and POST')
    if (verb !== method.verb) {
      throw invalidRequest(`Incorrect HTTP method (${request.method}) expected ${method.verb}`)
    }
    return respondWith(method.answer(call))
  }
}

function publicFacts({ did, scope, clientId }: { did: string; scope: string; clientId: string | undefined }) {
  return { did, scope, clientId }
}
