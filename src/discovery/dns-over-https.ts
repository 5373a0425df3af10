import { readJson } from '../http/body.ts'
import { isJsonObject } from '../syntax/shape.ts'
import { exchange, type Transport } from '../http/transport.ts'
import type { ResolveTxt } from './directory.ts'

/** The resolver that is asked where the runtime has no DNS of its own. It learns who looks for whom: an app may name another. */
export const DEFAULT_DNS_OVER_HTTPS = 'https://cloudflare-dns.com/dns-query'

const TXT = 16
const NO_ERROR = 0
const NAME_ERROR = 3
const MAX_ANSWER_BYTES = 64 * 1024

/**
 * Looks up TXT records over HTTPS, at a server that speaks `application/dns-json`.
 *
 * @param url the server's endpoint, such as `https://dns.google/resolve`
 * @see RFC 8484 for the idea; the JSON form is the one that public resolvers share
 */
export function dnsOverHttps(transport: Transport, url: string): ResolveTxt {
  return (name, { signal }) => {
    const query = new URL(url)
    query.searchParams.set('name', name)
    query.searchParams.set('type', 'TXT')
    const request = { url: query.href, init: { headers: { accept: 'application/dns-json' } } }
    return exchange(transport, request, { signal }, async (response) => {
      const answer = await readJson(response, MAX_ANSWER_BYTES)
      const status = isJsonObject(answer) && response.ok ? answer['Status'] : undefined
      if (!isJsonObject(answer) || (status !== NO_ERROR && status !== NAME_ERROR)) {
        throw new Error(`DNS over HTTPS: expected an answer, found HTTP ${response.status}, DNS ${String(status)}`)
      }
      const records: unknown = answer['Answer']
      return Array.isArray(records) ? records.flatMap(chunksOf) : []
    })
  }
}

/** A record's `data` is its chunks in quotes, or bare text from some servers. */
function chunksOf(record: unknown): readonly (readonly string[])[] {
  if (!isJsonObject(record) || record['type'] !== TXT || typeof record['data'] !== 'string') return []
  const quoted = [...record['data'].matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) =>
    text.replace(/\\(.)/g, '$1'),
  )
  return [quoted.length > 0 ? quoted : [record['data']]]
}
