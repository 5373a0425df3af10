import { randomBase32 } from './random-token.ts'

export interface Account {
  readonly did: string
  readonly handle: string
}

export interface CreateAccountOptions {
  /** The handle is proved by DNS, and not by its well-known file. @default false */
  readonly dns?: boolean
  /** The origin of its PDS. @default the network's */
  readonly pds?: string
}

/** Who is who: accounts, the PLC directory, DNS, and what stands at a handle's own host. */
export class Directory {
  readonly accounts = new Map<string, Account>()
  /** DID documents by DID; null is a tombstone. */
  readonly documents = new Map<string, object | null>()
  /** What `https://<handle>/.well-known/atproto-did` says, by handle. */
  readonly wellKnown = new Map<string, string>()
  /** TXT records by name. */
  readonly txt = new Map<string, string[][]>()
  readonly #pds: string

  constructor(pds: string) {
    this.#pds = pds
  }

  createAccount(handle: string, options: CreateAccountOptions = {}): Account {
    const account = { did: `did:plc:${randomBase32(24)}`, handle }
    this.accounts.set(account.did, account)
    this.documents.set(account.did, didDocument(account, options.pds ?? this.#pds))
    if (options.dns) this.txt.set(`_atproto.${handle}`, [[`did=${account.did}`]])
    else this.wellKnown.set(handle, account.did)
    return account
  }

  /** As `resolveTxt` of node:dns/promises. */
  async resolveTxt(name: string): Promise<string[][]> {
    const records = this.txt.get(name)
    if (records) return records
    throw Object.assign(new Error(`queryTxt ENOTFOUND ${name}`), { code: 'ENOTFOUND', hostname: name })
  }

  /** Answers for the PLC directory and the hosts of handles; undefined for any other host. */
  handle(request: Request): Response | undefined {
    const url = new URL(request.url)
    if (url.origin === 'https://plc.directory') return this.#answerPlc(decodeURIComponent(url.pathname.slice(1)))
    const did = url.protocol === 'https:' && url.port === '' ? this.wellKnown.get(url.hostname) : undefined
    if (did === undefined) return undefined
    return url.pathname === '/.well-known/atproto-did' ? new Response(did) : new Response(null, { status: 404 })
  }

  /** `com.atproto.identity.resolveHandle` */
  resolveHandle(handle: string | null): Response {
    const account = [...this.accounts.values()].find((each) => each.handle === handle)
    if (account) return Response.json({ did: account.did })
    return Response.json({ error: 'InvalidRequest', message: 'Unable to resolve handle' }, { status: 400 })
  }

  #answerPlc(did: string): Response {
    const document = this.documents.get(did)
    if (document === undefined) return Response.json({ message: `DID not registered: ${did}` }, { status: 404 })
    if (document === null) return Response.json({ message: `DID not available: ${did}` }, { status: 410 })
    return Response.json(document, { headers: { 'content-type': 'application/did+ld+json; charset=utf-8' } })
  }
}

/** A DID document as the PLC directory serves it, for an account on a PDS. */
export function didDocument({ did, handle }: Account, pds: string): object {
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
    id: did,
    alsoKnownAs: [`at://${handle}`],
    verificationMethod: [
      {
        id: `${did}#atproto`,
        type: 'Multikey',
        controller: did,
        publicKeyMultibase: 'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
      },
    ],
    service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: pds }],
  }
}
