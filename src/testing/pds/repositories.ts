import { z } from 'zod'
import { randomBase32 } from '../random-token.ts'

const inputSchema = z.object({
  repo: z.string(),
  collection: z.string(),
  rkey: z.string().optional(),
  record: z.record(z.unknown()),
})

interface StoredRecord {
  readonly uri: string
  readonly cid: string
  readonly value: object
}

/** The records of every account, in memory. */
export class Repositories {
  readonly #records = new Map<string, StoredRecord>()
  #count = 0

  /** `com.atproto.repo.createRecord` */
  async create(request: Request, did: string): Promise<Response> {
    const parsed = inputSchema.safeParse(await request.json().catch(() => undefined))
    if (!parsed.success) return reject('InvalidRequest', parsed.error.message)
    const { repo, collection, rkey, record } = parsed.data
    if (repo !== did) return reject('InvalidRequest', `Could not find repo: ${repo}`)
    this.#count += 1
    const uri = `at://${did}/${collection}/${rkey ?? `3l${String(this.#count).padStart(11, '2')}`}`
    const stored = { uri, cid: `bafyrei${randomBase32(52)}`, value: { $type: collection, ...record } }
    this.#records.set(uri, stored)
    return Response.json({ uri, cid: stored.cid })
  }

  /** `com.atproto.repo.getRecord` */
  get(params: URLSearchParams): Response {
    const uri = `at://${params.get('repo')}/${params.get('collection')}/${params.get('rkey')}`
    const stored = this.#records.get(uri)
    return stored ? Response.json(stored) : reject('RecordNotFound', `Could not locate record: ${uri}`)
  }
}

function reject(error: string, message: string): Response {
  return Response.json({ error, message }, { status: 400 })
}
