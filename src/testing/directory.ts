import { parseHandle } from '../syntax/handle.ts'
import type { Account } from './account.ts'
import { didDocument, type DidDocument } from './did-document.ts'
import { hashBase32 } from './hash-base32.ts'
import type { SigningKeys } from './signing-keys.ts'

/** Public resolvers that speak `application/dns-json`, as clients without DNS ask them. */
const DNS_OVER_HTTPS: ReadonlySet<string> = new Set([
  'https://cloudflare-dns.com/dns-query',
  'https://dns.google/resolve',
])
const TXT = 16
const DID_CONTEXT = 'https://www.w3.org/ns/did/v1'

/** Who is who: accounts, the PLC directory, did:web hosts, DNS, and what stands at a handle's own host. */
export class Directory {
  readonly accounts: Map<string, Account> = new Map()
  /** DID documents by DID; null is a tombstone. */
  readonly documents: Map<string, object | null> = new Map()
  /** What `https://<handle>/.well-known/atproto-did` says, by handle. */
  readonly wellKnown: Map<string, string> = new Map()
  /** TXT records by name. */
  readonly txt: Map<string, readonly (readonly string[])[]> = new Map()
  readonly #keys: SigningKeys

  constructor(keys: SigningKeys) {
    this.#keys = keys
  }

  add(account: Account, { dns }: { readonly dns: boolean }): void {
    this.accounts.set(account.did, account)
    this.documents.set(account.did, didDocument(account, account.pds))
    this.#prove(account.handle, account.did, dns)
  }

  find(identifier: string): Account | undefined {
    const name = identifier.trim().replace(/^@/, '')
    const handle = name.toLowerCase()
    return this.accounts.get(name) ?? [...this.accounts.values()].find((account) => account.handle === handle)
  }

  /** A handle as it is written. @throws IdentityError `handle_malformed`; TypeError for one that somebody has */
  newHandle(typed: string): string {
    const handle = parseHandle(typed)
    if (this.find(handle)) throw new TypeError(`handle: expected one that nobody has, found ${handle}`)
    return handle
  }

  /** A did:plc for a handle: the same one on each network, so that logs and snapshots stay as they are. */
  newDid(handle: string): string {
    for (let attempt = 0; ; attempt += 1) {
      const did = `did:plc:${hashBase32(`${handle} ${attempt}`, 24)}`
      if (!this.documents.has(did)) return did
    }
  }

  move({ did }: Account, pds: string): void {
    const document = this.documents.get(did) as DidDocument | undefined
    const service = document?.service?.find(({ id }) => id.endsWith('#atproto_pds'))
    if (service) service.serviceEndpoint = pds
  }

  /** The handle as it is written from then on. */
  rename({ did, handle: old }: Account, typed: string): string {
    const handle = this.newHandle(typed)
    const isDns = this.txt.delete(`_atproto.${old}`)
    this.wellKnown.delete(old)
    this.#prove(handle, did, isDns)
    const document = this.documents.get(did) as DidDocument | undefined
    if (document) document.alsoKnownAs = [`at://${handle}`]
    return handle
  }

  /** Adds a service to the document of its DID, which is made where there is none. */
  addService(did: string, entry: NonNullable<DidDocument['service']>[number]): void {
    const document = (this.documents.get(did) ?? { '@context': [DID_CONTEXT], id: did }) as DidDocument
    const others = document.service?.filter(({ id }) => id !== entry.id) ?? []
    this.documents.set(did, { ...document, service: [...others, entry] })
  }

  /** Answers for the directories and for the hosts of handles; undefined for any other host. */
  async handle(request: Request, lookUp: (name: string) => Promise<Response>): Promise<Response | undefined> {
    const url = new URL(request.url)
    if (url.origin === 'https://plc.directory') return this.#answerPlc(decodeURIComponent(url.pathname.slice(1)))
    if (DNS_OVER_HTTPS.has(url.origin + url.pathname)) return answerDns(url.searchParams, lookUp)
    if (url.protocol !== 'https:' || url.port !== '') return undefined
    const [wellKnown, document] = [this.wellKnown.get(url.hostname), this.documents.get(`did:web:${url.hostname}`)]
    if (wellKnown === undefined && document === undefined) return undefined
    if (wellKnown !== undefined && url.pathname === '/.well-known/atproto-did') return new Response(wellKnown)
    if (document && url.pathname === '/.well-known/did.json') return Response.json(await this.#withKey(document))
    return new Response(null, { status: 404 })
  }

  #prove(handle: string, did: string, isDns: boolean): void {
    if (isDns) this.txt.set(`_atproto.${handle}`, [[`did=${did}`]])
    else this.wellKnown.set(handle, did)
  }

  async #answerPlc(did: string): Promise<Response> {
    const document = this.documents.get(did)
    // A web page of any origin may ask.
    const headers = { 'access-control-allow-origin': '*' }
    const refuse = (status: number, message: string) => Response.json({ message }, { status, headers })
    if (document === undefined) return refuse(404, `DID not registered: ${did}`)
    if (document === null) return refuse(410, `DID not available: ${did}`)
    const type = { 'content-type': 'application/did+ld+json; charset=utf-8' }
    return Response.json(await this.#withKey(document), { headers: { ...headers, ...type } })
  }

  async #withKey(document: object): Promise<object> {
    const { id, verificationMethod } = document as DidDocument
    if (!Array.isArray(verificationMethod)) return document
    const { publicKeyMultibase } = await this.#keys.of(id)
    const fill = (method: object) => ('publicKeyMultibase' in method ? method : { ...method, publicKeyMultibase })
    return { ...document, verificationMethod: verificationMethod.map(fill) }
  }
}

/** The `Status` of an answer in JSON: no error, failure of the server, no such name (RFC 1035 §4.1.1). */
const [NOERROR, SERVFAIL, NXDOMAIN] = [0, 2, 3]

/** The JSON form of an answer, which the public resolvers share. One without records has no `Answer`. */
async function answerDns(params: URLSearchParams, lookUp: (name: string) => Promise<Response>): Promise<Response> {
  const name = params.get('name') ?? ''
  const isTxt = ['TXT', String(TXT)].includes(params.get('type')?.toUpperCase() ?? '')
  const { status, records } = await readRecords(lookUp(name))
  const answer = records.map((chunks) => ({ name, type: TXT, TTL: 300, data: chunks.map(quote).join(' ') }))
  const headers = { 'content-type': 'application/dns-json' }
  return Response.json({ Status: status, ...(isTxt && answer.length > 0 && { Answer: answer }) }, { headers })
}

/** What a resolver makes of the answer of a name's own server. */
async function readRecords(lookup: Promise<Response>): Promise<{ status: number; records: string[][] }> {
  try {
    const found = await lookup
    if (found.ok) return { status: NOERROR, records: (await found.json()) as string[][] }
    return { status: found.status === 404 ? NXDOMAIN : SERVFAIL, records: [] }
  } catch {
    return { status: SERVFAIL, records: [] } // The server of the name was not reached: the resolver itself was.
  }
}

function quote(chunk: string): string {
  return `"${chunk.replace(/["\\]/g, '\\$&')}"`
}
